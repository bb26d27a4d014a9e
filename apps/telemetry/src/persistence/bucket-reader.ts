import { sqlStateOf } from '@myelin/persistence';
import { type BucketSettings, type BucketSpan, bucketSpans, bucketsWithEnd } from '../domain/bucket-parts.js';
import { daysPerStatement } from '../domain/day-stretches.js';
import {
  type Bins,
  type BucketFunction,
  fractionOf,
  isAggregateFunction,
  isPercentile,
} from '../domain/order-statistics.js';
import { coarsestLevel } from '../domain/resolution.js';
import { dayMs } from '../domain/retention.js';
import { TelemetryError } from '../domain/telemetry.errors.js';
import type { AggregateRepository, AggregateRequest, RangeOfSeries } from './aggregate.repository.js';
import type { NeedOfRows } from './gone-rows.js';
import type { TimeRange } from './measurement.repository.js';
import type { OrderStatisticsRepository, Place, SeriesRequest } from './order-statistics.repository.js';

export interface BucketRequest extends Omit<AggregateRequest, 'functions'> {
  readonly functions: readonly BucketFunction[];
  /** Wanted by the function `histogram`. */
  readonly bins?: Bins | undefined;
}

/** A bucket of one device and metric that has a value. Functions without an answer are absent or null. */
export interface BucketRow extends Place {
  readonly values: Readonly<Partial<Record<BucketFunction, unknown>>>;
}

export interface PartsRequest extends Omit<BucketRequest, 'startsMs'> {
  readonly buckets: BucketSettings;
  /** Where something is stored; statements run only there. */
  readonly stored: TimeRange | undefined;
  /** Aborted when nobody waits for the answer any more; then nothing further is computed. */
  readonly signal: AbortSignal;
}

/** Consecutive buckets, and what was found in them. */
export interface FoundPart extends BucketSpan {
  readonly rows: readonly BucketRow[];
}

/** Buckets in one statement: at first, and at most (items, when every bucket of every series has one, and their bytes, about). */
const firstBuckets = 128;
const maxItemsPerStatement = 20_000;
const maxBytesPerStatement = 8 * 1024 * 1024;
/** Of an item in memory and on the way: its place, a number, and a bin with its edge, slot and number. */
const itemBytes = { place: 100, number: 24, bin: 72 };
/** Days of rollups that one statement may have to open. Those of rows are fewer: each is up to four tables and indexes to plan and to lock. */
const rollupDaysPerStatement = 186;
/** SQLSTATE numeric_value_out_of_range */
const numericOverflow = '22003';

/** How many buckets of so many series one statement may answer, at least 1. */
export function bucketsPerStatement(
  { functions, bins }: Pick<BucketRequest, 'functions' | 'bins'>,
  series: number,
): number {
  const edges = bins === undefined || !functions.includes('histogram') ? 0 : binCount(bins);
  const bytes = itemBytes.place + itemBytes.number * functions.length + itemBytes.bin * edges;
  const items = Math.min(maxItemsPerStatement, maxBytesPerStatement / bytes);
  return Math.max(1, Math.floor(items / series));
}

function binCount(bins: Bins): number {
  return 'edges' in bins ? bins.edges.length : bins.bins + 1;
}

/** Answers any function of buckets. Each kind of function is a statement of its own: only those that are asked for run. */
export class BucketReader {
  constructor(
    private readonly aggregates: AggregateRepository,
    private readonly orderStatistics: OrderStatisticsRepository,
  ) {}

  /** The part of the range, in whole UTC days, which rollups tile, outside of which there are no values; undefined when there are none. */
  extent(range: RangeOfSeries): Promise<TimeRange | undefined> {
    return this.aggregates.extent(range);
  }

  /**
   * Every bucket of the range in order of time, some at a time, while they are taken. What is refused for its resolution is
   * so for the whole range, before its first bucket, but for what clock changes do to the tiling.
   * @throws TelemetryError telemetry.number-overflow, telemetry.resolution-unavailable
   */
  async *parts({ buckets, stored, signal, ...request }: PartsRequest): AsyncGenerator<FoundPart> {
    const series = Math.max(1, request.scopes.length * request.metrics.length);
    const most = bucketsPerStatement(request, series);
    let isFirst = true;
    const spans = bucketSpans(bucketsWithEnd(buckets, request), {
      ...{ first: firstBuckets, most },
      mostMs: (startMs) =>
        (needOfRows(request.functions, [startMs]) ? daysPerStatement : rollupDaysPerStatement) * dayMs,
    });
    for (const part of spans) {
      if (signal.aborted) return;
      if (isFirst && stored !== undefined) await this.refuseGone({ ...request, startsMs: part.startsMs });
      isFirst = false;
      const fromMs = Math.max(part.startsMs[0] ?? 0, request.fromMs);
      const toMs = Math.min(part.endMs, request.toMs);
      const empty = stored === undefined || toMs <= stored.fromMs || fromMs >= stored.toMs;
      yield { ...part, rows: empty ? [] : await this.told({ ...request, startsMs: part.startsMs, fromMs, toMs }) };
    }
  }

  /** In order of bucket, device, metric. @throws TelemetryError telemetry.number-overflow, telemetry.resolution-unavailable */
  async read(request: BucketRequest): Promise<BucketRow[]> {
    await this.refuseGone(request);
    return this.told(request);
  }

  private async refuseGone(request: BucketRequest): Promise<void> {
    const need = needOfRows(request.functions, request.startsMs);
    if (need !== undefined) await this.aggregates.refuseGone(request, need);
  }

  private async told({ functions, bins, ...series }: BucketRequest): Promise<BucketRow[]> {
    try {
      const kinds = [
        await this.aggregated(series, functions),
        await this.percentiles(series, functions),
        functions.includes('histogram') && bins !== undefined ? await this.histograms(series, bins) : [],
      ].filter((rows) => rows.length > 0);
      return kinds.length > 1 ? merged(kinds.flat()) : (kinds[0] ?? []);
    } catch (cause) {
      if (sqlStateOf(cause) !== numericOverflow) throw cause;
      throw TelemetryError.permanent('telemetry.number-overflow', 'a sum is greater than any number', { cause });
    }
  }

  private async aggregated(series: SeriesRequest, asked: readonly BucketFunction[]): Promise<BucketRow[]> {
    const functions = asked.filter(isAggregateFunction);
    if (functions.length === 0) return [];
    const rows = await this.aggregates.aggregate({ ...series, functions });
    return rows.map(({ bucket, device, metric, ...values }) => ({ bucket, device, metric, values }));
  }

  private async percentiles(series: SeriesRequest, asked: readonly BucketFunction[]): Promise<BucketRow[]> {
    const names = asked.filter(isPercentile);
    if (names.length === 0) return [];
    const rows = await this.orderStatistics.percentiles(series, names.map(fractionOf));
    return rows.map(({ percentiles, ...place }) => {
      if (!percentiles.every(Number.isFinite)) {
        throw TelemetryError.permanent('telemetry.number-overflow', 'two values are further apart than any number');
      }
      return { ...place, values: Object.fromEntries(names.map((name, index) => [name, percentiles[index]])) };
    });
  }

  private async histograms(series: SeriesRequest, bins: Bins): Promise<BucketRow[]> {
    const rows = await this.orderStatistics.histograms(series, bins);
    return rows.map(({ histogram, ...place }) => ({ ...place, values: { histogram } }));
  }
}

/** Why buckets with these starts cannot do with rollups of hours and days; undefined when they can, but for the edges of a range. */
function needOfRows(functions: readonly BucketFunction[], startsMs: readonly number[]): NeedOfRows | undefined {
  if (!functions.every(isAggregateFunction)) return 'orderStatistics';
  const level = coarsestLevel(startsMs);
  return level === 'hour' || level === 'day' ? undefined : 'buckets';
}

function merged(rows: readonly BucketRow[]): BucketRow[] {
  const places = Map.groupBy(rows, ({ bucket, device, metric }) => `${bucket}/${device}/${metric}`);
  const all = [...places.values()].map(([first, ...others]): BucketRow => {
    const values = others.reduce((sum, row) => ({ ...sum, ...row.values }), first?.values ?? {});
    return { ...(first as BucketRow), values };
  });
  return all.sort(
    (left, right) => left.bucket - right.bucket || left.device - right.device || left.metric - right.metric,
  );
}
