import type { RetentionClassCode } from './retention.js';

export interface Position {
  readonly lat: number;
  readonly lon: number;
  readonly alt?: number;
  readonly acc?: number;
}
export type MetricValue = number | boolean | string | readonly number[] | Position;
export type Values = Readonly<Record<string, MetricValue>>;

/** One measurement as it arrived. What may differ between copies of the same content can be changed: copies are merged. */
export interface Measurement {
  readonly deviceIndex: number;
  readonly tsMs: number;
  receivedAtMs: number;
  readonly boot: string | undefined;
  readonly seq: number | undefined;
  /** 128 bits, 32 hexadecimal digits. */
  readonly fingerprint: string;
  /** Sorted. */
  readonly metrics: readonly string[];
  /** Identifies the set of metric names, 32 hexadecimal digits. */
  readonly shape: string;
  /** Canonical JSON. */
  readonly valuesJson: string;
  retentionClass: RetentionClassCode;
  /** Names of metrics whose value was outside of the profile's range. Sorted. */
  outOfRange: readonly string[];
}

/** What decides between measurements of one device and time. */
export interface Rank {
  readonly seq: number | undefined;
  readonly fingerprint: string;
}

/** Positive when readers see `left` rather than `right`: higher seq (none is lowest), then greater fingerprint. */
export function compareRank(left: Rank, right: Rank): number {
  const bySeq = (left.seq ?? -1) - (right.seq ?? -1);
  if (bySeq !== 0) return bySeq;
  if (left.fingerprint === right.fingerprint) return 0;
  return left.fingerprint > right.fingerprint ? 1 : -1;
}

/** Positive when `left` is the later one: by ts, then by rank. */
export function compareRecency(
  left: Rank & { readonly tsMs: number },
  right: Rank & { readonly tsMs: number },
): number {
  return left.tsMs - right.tsMs || compareRank(left, right);
}
