import { type BucketSpan, bucketSpans, bucketsWithEnd } from '../../domain/bucket-parts.js';
import type { KnownBucket } from '../../domain/gap-filling.js';
import { dayMs } from '../../domain/retention.js';
import { usualLengthMs } from '../../domain/time-buckets.js';
import { rowsFromMsOf } from '../../persistence/gone-rows.js';
import { type BucketReader, bucketsPerStatement } from '../../persistence/bucket-reader.js';
import type { TimeRange } from '../../persistence/measurement.repository.js';
import { lookAround } from './aggregates.dto.js';
import type { AskedBuckets } from './fill-gaps.js';

type Direction = 'backwards' | 'forwards';

interface NeighbourRow extends KnownBucket {
  /** Position among the series of the query. */
  readonly series: number;
}

/** Buckets in one statement: few at first, as a neighbour is mostly near. */
const firstBuckets = 8;
const mostBuckets = 512;

/**
 * Finds the buckets with values that are nearest to a range, bucket by bucket as the query has them; of a bucket that
 * the range cuts, what lies outside of it.
 */
export class NeighbourSearch {
  private readonly lookMs: number;

  constructor(
    private readonly reader: BucketReader,
    private readonly asked: AskedBuckets,
    private readonly signal: AbortSignal,
  ) {
    this.lookMs = Math.min(usualLengthMs(asked.query.bucket) * lookAround.buckets, lookAround.days * dayMs);
  }

  /** The last ones before an instant, by series; looked for as far back from the asked range as it is stated. */
  async before(untilMs: number, series: readonly number[]): Promise<Map<number, KnownBucket>> {
    // A bucket that the range cuts counts within the range as it does there.
    const { fromMs } = this.asked.range;
    const inside = await this.nearest({ fromMs, toMs: untilMs }, series, 'backwards');
    const left = series.filter((one) => !inside.has(one));
    const outside = await this.nearest({ fromMs: Math.max(0, fromMs - this.lookMs), toMs: fromMs }, left, 'backwards');
    return new Map([...inside, ...outside]);
  }

  /** The first ones from an instant on, by series. */
  async after(sinceMs: number, series: readonly number[]): Promise<Map<number, KnownBucket>> {
    return this.nearest({ fromMs: sinceMs, toMs: sinceMs + this.lookMs }, series, 'forwards');
  }

  private async nearest(
    look: TimeRange,
    series: readonly number[],
    direction: Direction,
  ): Promise<Map<number, KnownBucket>> {
    const found = new Map<number, KnownBucket>();
    const devices = this.devicesOf(series);
    if (devices.length === 0 || look.fromMs >= look.toMs) return found;
    const scopes = devices.map((device) => this.asked.scopes[device]).filter((scope) => scope !== undefined);
    const stored = await this.reader.extent({ scopes, metrics: this.asked.query.metric, ...look });
    if (stored === undefined) return found;
    const wanted = new Set(series);
    const { functions, metric } = this.asked.query;
    const most = bucketsPerStatement({ functions, bins: this.asked.bins }, devices.length * metric.length);
    for (const span of spans([...bucketsWithEnd(this.asked.query, stored)], direction, most)) {
      if (wanted.size === 0 || this.signal.aborted) break;
      const { rows, isEnd } = await this.toldRows(span, look, this.devicesOf([...wanted]), direction);
      if (direction === 'backwards') rows.reverse();
      for (const { startMs, values, series: one } of rows) {
        if (wanted.delete(one)) found.set(one, { startMs, values });
      }
      if (isEnd) break;
    }
    return found;
  }

  /** Where only rollups are left that do not tell, the search ends: what lies beyond is no neighbour, as little as what is too far. */
  private async toldRows(
    span: BucketSpan,
    look: TimeRange,
    devices: readonly number[],
    direction: Direction,
  ): Promise<{ readonly rows: NeighbourRow[]; readonly isEnd: boolean }> {
    try {
      return { rows: await this.rows(span, look, devices), isEnd: false };
    } catch (error) {
      const rowsFromMs = rowsFromMsOf(error);
      if (rowsFromMs === undefined) throw error;
      const startsMs = direction === 'backwards' ? span.startsMs.filter((startMs) => startMs >= rowsFromMs) : [];
      const rows = startsMs.length === 0 ? [] : await this.rows({ ...span, startsMs }, look, devices);
      return { rows, isEnd: true };
    }
  }

  /** In order of time. */
  private async rows(
    { startsMs, endMs }: BucketSpan,
    look: TimeRange,
    devices: readonly number[],
  ): Promise<NeighbourRow[]> {
    const { query, bins, scopes } = this.asked;
    const rows = await this.reader.read({
      scopes: devices.map((device) => scopes[device]).filter((scope) => scope !== undefined),
      metrics: query.metric,
      functions: query.functions,
      bins,
      startsMs,
      fromMs: Math.max(startsMs[0] ?? 0, look.fromMs),
      toMs: Math.min(endMs, look.toMs),
    });
    return rows.map(({ bucket, device, metric, values }) => ({
      startMs: startsMs[bucket] ?? 0,
      values,
      series: (devices[device] ?? 0) * query.metric.length + metric,
    }));
  }

  private devicesOf(series: readonly number[]): number[] {
    return [...new Set(series.map((one) => Math.floor(one / this.asked.query.metric.length)))];
  }
}

/** The buckets of ascending starts (the last only ends the one before it), from the near end on. */
function* spans(starts: readonly number[], direction: Direction, atMost: number): Generator<BucketSpan> {
  const most = Math.min(mostBuckets, atMost);
  if (direction === 'forwards') {
    yield* bucketSpans(starts, { first: firstBuckets, most });
    return;
  }
  let size = Math.min(firstBuckets, most);
  let end = starts.length - 1;
  while (end > 0) {
    const first = Math.max(0, end - size);
    yield { startsMs: starts.slice(first, end), endMs: starts[end] ?? 0 };
    end = first;
    size = Math.min(size * 2, most);
  }
}
