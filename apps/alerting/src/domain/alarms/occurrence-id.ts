import { createHash } from 'node:crypto';

export interface Occurrence {
  readonly tenant: string;
  readonly rule: string;
  readonly version: number;
  readonly device: string;
  /** Event time, milliseconds since the epoch. */
  readonly startMs: number;
}

/**
 * The name of an occurrence: the same whoever finds it, and however often, so that raising is idempotent. A UUID of version
 * 8 (RFC 9562, section 5.8) from SHA-256.
 */
export function occurrenceId({ tenant, rule, version, device, startMs }: Occurrence): string {
  // None of the parts can hold a line end, so different parts are different texts.
  const hash = createHash('sha256').update([tenant, rule, version, device, startMs].join('\n')).digest();
  hash[6] = ((hash[6] as number) & 0x0f) | 0x80;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
