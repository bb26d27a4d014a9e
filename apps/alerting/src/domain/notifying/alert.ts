import { type Labels, labelLimits, labelName } from './labels.js';
import { Problems } from '../definitions/problems.js';

/** What notifications are about. Its labels are its identity. */
export interface Alert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAtMs: number;
  /** Null while it fires and nobody knows until when; an instant in the past = it is over. */
  readonly endsAtMs: number | null;
  readonly generatorUrl: string;
  /** Grows with each change of the alert; an older one than the known one changes nothing. */
  readonly revision: number;
  /** Until then it is treated as silenced; absent = it is not. */
  readonly mutedUntilMs?: number;
  /** Somebody has seen it: it is told as any other, but is no reason to say so again. */
  readonly isAcknowledged?: boolean;
  /** Of what is to be told of it: carried along, never looked into. */
  readonly traceparent?: string;
}

export const alertLimits = { annotations: 32, annotationLength: 4_096, urlLength: 2_048 } as const;

export function isResolved({ endsAtMs }: Alert, nowMs: number): boolean {
  return endsAtMs !== null && endsAtMs <= nowMs;
}

/** What is too large or malformed about an alert; empty = nothing. Its maker's fault: rules bound what they write. */
export function problemsOf({ labels, annotations, generatorUrl }: Alert): Problems['found'] {
  const problems = new Problems();
  const names = Object.keys(labels);
  problems.expect(names.length <= labelLimits.count, '/labels', `has more than ${labelLimits.count}`);
  for (const [name, value] of Object.entries(labels).slice(0, labelLimits.count)) {
    const fits = labelName.test(name) && name.length <= labelLimits.nameLength;
    problems.expect(
      fits && value.length <= labelLimits.valueLength,
      '/labels',
      'has one that is malformed or too long',
    );
  }
  const texts = Object.values(annotations);
  const fit =
    texts.length <= alertLimits.annotations && texts.every((text) => text.length <= alertLimits.annotationLength);
  problems.expect(fit, '/annotations', 'are too many or too long');
  const storable = [...Object.values(labels), ...texts, generatorUrl].every(isStorable);
  problems.expect(storable, '', 'has a text that no database takes');
  problems.expect(generatorUrl.length <= alertLimits.urlLength, '/generatorUrl', 'is too long');
  return problems.found;
}

/** PostgreSQL's text has no NUL, and UTF-8 no half characters. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
