import { bucketsWithEnd } from '../../domain/bucket-parts.js';
import { type BucketPart, type BucketValues, type Fill, GapFiller } from '../../domain/gap-filling.js';
import type { Bins } from '../../domain/order-statistics.js';
import { parameterFaults } from '../../http/parameter-faults.js';
import type { BucketReader, FoundPart } from '../../persistence/bucket-reader.js';
import type { DeviceScope } from '../../persistence/device.repository.js';
import type { TimeRange } from '../../persistence/measurement.repository.js';
import { type AggregatesQuery, maxFilledItems } from './aggregates.dto.js';
import { NeighbourSearch } from './neighbour-search.js';

export interface AskedBuckets {
  readonly query: AggregatesQuery;
  readonly bins: Bins | undefined;
  readonly scopes: readonly DeviceScope[];
  readonly range: TimeRange;
}

export interface FoundBucket {
  readonly startMs: number;
  readonly endMs: number;
  /** Positions in the query. */
  readonly device: number;
  readonly metric: number;
  readonly values: BucketValues;
  readonly filled: boolean;
}

/** @throws Problem 400 when filling would make more items than one query may */
export function refuseTooManyBuckets(query: AggregatesQuery, range: TimeRange): void {
  const series = query.device.length * query.metric.length;
  let buckets = 0;
  for (const startMs of bucketsWithEnd(query, range)) {
    if (startMs < range.toMs && ++buckets * series > maxFilledItems) {
      const detail = `makes an item of every bucket, up to ${maxFilledItems} of all devices and metrics: choose longer buckets or a shorter range`;
      throw parameterFaults({ parameter: 'fill', detail });
    }
  }
}

interface Filling {
  readonly fill: Exclude<Fill, 'none'>;
  readonly parts: AsyncIterable<FoundPart>;
  /** Where the parts begin. */
  readonly fromMs: number;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Every bucket of every series, in order; neighbours outside of the parts are looked for only when a gap is next to them. */
export async function* filledBuckets(
  reader: BucketReader,
  asked: AskedBuckets,
  { fill, parts, fromMs, nowMs, signal }: Filling,
): AsyncGenerator<FoundBucket> {
  const { query, scopes, range } = asked;
  const metrics = query.metric.length;
  const series = scopes.length * metrics;
  const filler = new GapFiller({ fill, functions: query.functions, series, nowMs });
  const neighbours = new NeighbourSearch(reader, asked, signal);
  let isFirst = true;
  for await (const part of parts) {
    const known = knownOf(part, metrics);
    if (isFirst && fill !== 'null') {
      const empty = Array.from({ length: series }, (_, one) => one).filter((one) => known.get(0)?.has(one) !== true);
      const before = await neighbours.before(fromMs, empty);
      for (const [one, bucket] of before) filler.startAfter(one, bucket);
    }
    isFirst = false;
    yield* placed(filler.add({ ...part, known }), metrics);
  }
  if (signal.aborted) return;
  yield* placed(filler.finish(await neighbours.after(range.toMs, filler.openSeries)), metrics);
}

function knownOf({ rows }: FoundPart, metrics: number): BucketPart['known'] {
  const known = new Map<number, Map<number, BucketValues>>();
  for (const { bucket, device, metric, values } of rows) {
    let ofBucket = known.get(bucket);
    if (ofBucket === undefined) known.set(bucket, (ofBucket = new Map<number, BucketValues>()));
    ofBucket.set(device * metrics + metric, values);
  }
  return known;
}

function* placed(buckets: ReturnType<GapFiller['add']>, metrics: number): Generator<FoundBucket> {
  for (const { series, ...bucket } of buckets) {
    yield { ...bucket, device: Math.floor(series / metrics), metric: series % metrics };
  }
}
