export type Scalar = number | boolean | string;
/** Arrays and positions are carried along; conditions do not see them. */
export type ReadingValue = Scalar | readonly number[] | { readonly lat: number; readonly lon: number };

/** One measurement of a device. */
export interface Reading {
  /** Event time, milliseconds since the epoch. */
  readonly ts: number;
  readonly boot?: string;
  readonly seq?: number;
  readonly values: Readonly<Record<string, ReadingValue>>;
}

/**
 * Of readings of the same instant the one that counts comes last: that of the higher `seq`, then that of the greater
 * content, whichever came first.
 */
export function compareReadings(a: Reading, b: Reading): number {
  if (a.ts !== b.ts) return a.ts - b.ts;
  const [seqA, seqB] = [a.seq ?? -1, b.seq ?? -1];
  if (seqA !== seqB) return seqA - seqB;
  const [contentA, contentB] = [contentOf(a), contentOf(b)];
  return contentA < contentB ? -1 : Number(contentA > contentB);
}

/** A measurement is its content: the same again is a duplicate. */
export function isSameReading(a: Reading, b: Reading): boolean {
  return compareReadings(a, b) === 0;
}

function contentOf({ boot, values }: Reading): string {
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return JSON.stringify([boot ?? null, sorted]);
}
