import { uuidOfName } from '@myelin/kernel';

export interface Occurrence {
  readonly tenant: string;
  readonly rule: string;
  readonly version: number;
  readonly device: string;
  /** Event time, milliseconds since the epoch. */
  readonly startMs: number;
}

/** The name of an occurrence: the same whoever finds it, and however often, so that raising is idempotent. */
export function occurrenceId({ tenant, rule, version, device, startMs }: Occurrence): string {
  // None of the parts can hold a line end, so different parts are different texts.
  return uuidOfName([tenant, rule, version, device, startMs].join('\n'));
}

/** The name of a storm's alarm: no other alarm can be the first one that was too many. */
export function stormId(originator: string, firstTooMany: string): string {
  return uuidOfName([originator, firstTooMany].join('\n'));
}
