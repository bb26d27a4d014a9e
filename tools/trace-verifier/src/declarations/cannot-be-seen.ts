import { type SpanDeclaration, myelinAttributes, spans } from '@myelin/observability';

/** Declared spans that the run of the driver need not bring about, and why. */
export const spansNotBroughtAbout: ReadonlyMap<SpanDeclaration, string> = new Map<SpanDeclaration, string>([
  [spans.request, 'no hot request fails and no device is followed'],
  [spans.processBatch, 'kept by ratio, and the ratio is 0'],
  [spans.clearAlarm, 'no alarm is cleared: what is hot stays hot'],
]);

/** The same of our own attributes. */
export const attributesNotBroughtAbout: ReadonlyMap<string, string> = new Map([
  [myelinAttributes.late, 'nothing fails'],
  [myelinAttributes.reason, 'no report is refused'],
  [myelinAttributes.followed, 'no device is followed'],
]);
