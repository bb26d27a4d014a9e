import type { TenantId } from '@myelin/kernel';
import type { BucketFunction } from '../../domain/order-statistics.js';
import { withQueryProblems } from '../../http/query-problems.js';
import type { BucketReader, BucketRow, FoundPart } from '../../persistence/bucket-reader.js';
import type { DeviceRepository, DeviceScope } from '../../persistence/device.repository.js';
import type { TimeRange } from '../../persistence/measurement.repository.js';
import { type AggregateItem, type AggregatesQuery } from './aggregates.dto.js';
import { type AskedBuckets, type FoundBucket, filledBuckets, refuseTooManyBuckets } from './fill-gaps.js';
import { binsOf } from './histogram-bins.js';

/** Start, device and metric (as positions in the query) of the last item of the page before. */
export type AggregatePosition = readonly [startMs: number, device: number, metric: number];

export interface Reading {
  /** The last item of the page before. */
  readonly after?: AggregatePosition | undefined;
  /** Aborted when nobody waits for the answer any more; then nothing further is computed. */
  readonly signal: AbortSignal;
  /** Empty buckets that start later are not filled. */
  readonly nowMs: number;
}

export interface Found {
  readonly item: AggregateItem;
  readonly position: AggregatePosition;
}

export class ReadAggregatesHandler {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly buckets: BucketReader,
  ) {}

  /**
   * In order of start, device, metric; computed some buckets at a time, while they are taken. Unknown devices have none.
   * @throws Problem 400 when parameters do not fit together; 422 aggregate-overflow, resolution-unavailable
   */
  read(tenant: TenantId, query: AggregatesQuery, range: TimeRange, reading: Reading): AsyncGenerator<Found> {
    return withQueryProblems(this.found(tenant, query, range, reading));
  }

  private async *found(
    tenant: TenantId,
    query: AggregatesQuery,
    range: TimeRange,
    { after, signal, nowMs }: Reading,
  ): AsyncGenerator<Found> {
    const bins = binsOf(query);
    if (range.fromMs >= range.toMs) return;
    if (query.fill !== 'none') refuseTooManyBuckets(query, { ...range, toMs: Math.min(range.toMs, nowMs) });
    const asked = { query, bins, scopes: await this.scopes(tenant, query.device), range };
    const resumed = { fromMs: Math.max(range.fromMs, after?.[0] ?? 0), toMs: range.toMs };
    const found = this.parts(asked, resumed, signal);
    const { fill } = query;
    const buckets =
      fill === 'none'
        ? foundBuckets(found)
        : filledBuckets(this.buckets, asked, { fill, parts: found, fromMs: resumed.fromMs, nowMs, signal });
    for await (const { startMs, endMs, device, metric, values, filled } of buckets) {
      const position = [startMs, device, metric] as const;
      if (after !== undefined && comparePositions(position, after) <= 0) continue;
      const names = { device: query.device[device] ?? '', metric: query.metric[metric] ?? '' };
      const item = { ...names, start: startMs, end: endMs, ...(filled && { filled }) };
      yield { item: { ...item, ...(filled ? values : told(values, query.functions)) }, position };
    }
  }

  private async scopes(tenant: TenantId, devices: readonly string[]): Promise<DeviceScope[]> {
    const found = await this.devices.scopes(tenant, devices);
    return devices.map((device) => found.get(device) ?? { tenant, device, indexes: [], classes: 0 });
  }

  /** Without `fill` only where something is stored. */
  private async *parts(
    { query, bins, scopes }: AskedBuckets,
    range: TimeRange,
    signal: AbortSignal,
  ): AsyncGenerator<FoundPart> {
    const { functions, metric: metrics } = query;
    const stored = await this.buckets.extent({ scopes, metrics, ...range });
    if (stored === undefined && query.fill === 'none') return;
    const shown = query.fill === 'none' && stored !== undefined ? stored : range;
    yield* this.buckets.parts({ ...shown, scopes, metrics, functions, bins, buckets: query, stored, signal });
  }
}

async function* foundBuckets(parts: AsyncIterable<FoundPart>): AsyncGenerator<FoundBucket> {
  for await (const { startsMs, endMs, rows } of parts) {
    for (const { bucket, ...row } of rows) {
      yield { ...row, startMs: startsMs[bucket] ?? 0, endMs: startsMs[bucket + 1] ?? endMs, filled: false };
    }
  }
}

/** In the order of the query, without those that have no answer. */
function told(values: BucketRow['values'], functions: readonly BucketFunction[]): Record<string, unknown> {
  return Object.fromEntries(functions.map((name) => [name, values[name] ?? undefined]));
}

function comparePositions(left: AggregatePosition, right: AggregatePosition): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
