import { legacyService } from '@myelin/fleet-simulator';
import { type Jaeger, isJaegerBuilt, startJaeger, tracesUrl } from '@myelin/local-stack';
import { waitFor } from '@myelin/testing';

/** For the name of a test that has to be skipped. */
export const whyNoJaeger = isJaegerBuilt()
  ? ''
  : ' (skipped: Jaeger is not built here; npm run jaeger builds it, in about five minutes)';

export async function jaegerIfBuilt(): Promise<Jaeger | undefined> {
  return isJaegerBuilt() ? startJaeger() : undefined;
}

/** Of the traces that legacy devices began: how many there are, and in how many the gateway's span is the child of the device's. */
export interface MixedTraces {
  readonly seen: number;
  readonly mixed: number;
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly service: string;
}

/** Waits for the first, because spans of services leave every few seconds. */
export async function mixedTraces(queryUrl: string): Promise<MixedTraces> {
  const look = async (): Promise<MixedTraces | undefined> => {
    const found = countMixed(await spansOf(queryUrl));
    return found.seen > 0 && found.mixed === found.seen ? found : undefined;
  };
  const deadline = { timeoutMs: 20_000, what: () => 'traces of legacy devices' };
  return waitFor(look, deadline).catch(async () => countMixed(await spansOf(queryUrl)));
}

function countMixed(spans: readonly Span[]): MixedTraces {
  const ofDevices = spans.filter(({ service }) => service === legacyService);
  const children = new Set(
    spans.filter(({ service }) => service === 'ingest-gateway').map((span) => `${span.traceId} ${span.parentSpanId}`),
  );
  const mixed = ofDevices.filter(({ traceId, spanId }) => children.has(`${traceId} ${spanId}`));
  return { seen: ofDevices.length, mixed: mixed.length };
}

interface QueryAnswer {
  readonly result?: { readonly resourceSpans: readonly ResourceSpans[] };
}

interface ResourceSpans {
  readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
  readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'service'>[] }[];
}

async function spansOf(queryUrl: string): Promise<Span[]> {
  const nowMs = Date.now();
  const search = { service: legacyService, fromMs: nowMs - 600_000, toMs: nowMs + 60_000, traces: 20 };
  const response = await fetch(tracesUrl(queryUrl, search));
  const { result } = (await response.json()) as QueryAnswer;
  return (result?.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })));
  });
}
