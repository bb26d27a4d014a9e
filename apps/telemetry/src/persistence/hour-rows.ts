/** SQL of the instant at which an hour since the epoch begins. */
export function startOfHour(hour: string): string {
  return `'epoch'::timestamptz + (${hour}) * interval '1 hour'`;
}

/** Whether a row `m` is of that hour. */
export function isOfHour(hour: string): string {
  return `m.ts >= ${startOfHour(hour)} AND m.ts < ${startOfHour(`${hour} + 1`)}`;
}

/** How long a row `m` was on its way, in whole milliseconds. */
export const delayMs = '(extract(epoch FROM m.received_at - m.ts) * 1000)::bigint';
