import {
  type Bins,
  type BucketFunction,
  fractionOf,
  isAggregateFunction,
  isPercentile,
} from '../domain/order-statistics.js';
import { TelemetryError } from '../domain/telemetry.errors.js';
import type { AggregateRepository, AggregateRequest } from './aggregate.repository.js';
import type { DeviceScope } from './device.repository.js';
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

/** Answers any function of buckets. Each kind of function is a statement of its own: only those that are asked for run. */
export class BucketReader {
  constructor(
    private readonly aggregates: AggregateRepository,
    private readonly orderStatistics: OrderStatisticsRepository,
  ) {}

  /** The part of the range in which the devices have measurements at all; undefined when they have none. */
  extent(scopes: readonly DeviceScope[], range: TimeRange): Promise<TimeRange | undefined> {
    return this.aggregates.extent(scopes, range);
  }

  /** In order of bucket, device, metric. @throws TelemetryError telemetry.number-overflow */
  async read({ functions, bins, ...series }: BucketRequest): Promise<BucketRow[]> {
    const kinds: readonly (readonly BucketRow[])[] = [
      await this.aggregated(series, functions),
      await this.percentiles(series, functions),
      functions.includes('histogram') && bins !== undefined ? await this.histograms(series, bins) : [],
    ];
    const [only, ...more] = kinds.filter((rows) => rows.length > 0);
    return more.length === 0 ? [...(only ?? [])] : merged(kinds.flat());
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
