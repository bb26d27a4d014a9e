import type { TenantId } from '@myelin/kernel';
import { sqlStateOf } from '@myelin/persistence';
import { Problem } from '@myelin/service-kit';
import type { AggregateFunction } from '../../domain/aggregate-functions.js';
import { bucketStarts } from '../../domain/time-buckets.js';
import type { Aggregate, AggregateRepository, AggregateRequest } from '../../persistence/aggregate.repository.js';
import { type DeviceRepository, type DeviceScope } from '../../persistence/device.repository.js';
import type { TimeRange } from '../../persistence/measurement.repository.js';
import type { AggregateItem, AggregatesQuery } from './aggregates.dto.js';

/** SQLSTATE numeric_value_out_of_range */
const numericOverflow = '22003';

/** Start, device and metric (as positions in the query) of the last item of the page before. */
export type AggregatePosition = readonly [startMs: number, device: number, metric: number];

export interface Reading {
  /** The last item of the page before. */
  readonly after?: AggregatePosition | undefined;
  /** Aborted when nobody waits for the answer any more; then nothing further is computed. */
  readonly signal: AbortSignal;
}

/** Buckets in one statement: at first, and at most (items, when every bucket of every series has one). */
const firstBuckets = 128;
const maxItemsPerStatement = 20_000;

export class ReadAggregatesHandler {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly aggregates: AggregateRepository,
  ) {}

  /** In order of start, device, metric; computed some buckets at a time, while they are taken. Unknown devices have none. */
  async *read(
    tenant: TenantId,
    query: AggregatesQuery,
    range: TimeRange,
    { after, signal }: Reading,
  ): AsyncGenerator<{ readonly item: AggregateItem; readonly position: AggregatePosition }> {
    const found = await this.devices.scopes(tenant, query.device);
    const scopes = query.device.map((device) => found.get(device) ?? { tenant, device, indexes: [], classes: 0 });
    const resumed = { fromMs: Math.max(range.fromMs, after?.[0] ?? 0), toMs: range.toMs };
    const stored = await this.aggregates.extent(scopes, resumed);
    if (stored === undefined) return;
    for await (const part of this.parts(query, scopes, stored)) {
      if (signal.aborted) return;
      const { startsMs, endMs, rows } = part;
      for (const row of rows) {
        const startMs = startsMs[row.bucket] ?? 0;
        const position = [startMs, row.device, row.metric] as const;
        if (after !== undefined && comparePositions(position, after) <= 0) continue;
        const item = { start: startMs, end: startsMs[row.bucket + 1] ?? endMs };
        const names = { device: query.device[row.device] ?? '', metric: query.metric[row.metric] ?? '' };
        yield { item: { ...names, ...item, ...chosen(row, query.functions) }, position };
      }
    }
  }

  private async aggregated(request: AggregateRequest): Promise<Aggregate[]> {
    try {
      return await this.aggregates.aggregate(request);
    } catch (error) {
      if (sqlStateOf(error) !== numericOverflow) throw error;
      const title = 'A sum is greater than a number can be';
      throw new Problem({ status: 422, type: 'aggregate-overflow', title, cause: error });
    }
  }

  private async *parts(
    query: AggregatesQuery,
    scopes: readonly DeviceScope[],
    range: TimeRange,
  ): AsyncGenerator<{ startsMs: readonly number[]; endMs: number; rows: readonly Aggregate[] }> {
    const most = Math.max(firstBuckets, Math.floor(maxItemsPerStatement / (scopes.length * query.metric.length)));
    for (const part of partsOf(bucketsWithEnd(query, range), most)) {
      const [firstMs = range.fromMs] = part.startsMs;
      const rows = await this.aggregated({
        scopes,
        metrics: query.metric,
        functions: query.functions,
        startsMs: part.startsMs,
        fromMs: Math.max(firstMs, range.fromMs),
        toMs: Math.min(part.endMs, range.toMs),
      });
      yield { ...part, rows };
    }
  }
}

/** Starts of the buckets of the range, and of the one behind it, where the last one ends. */
function* bucketsWithEnd({ bucket, timeZone }: AggregatesQuery, { fromMs, toMs }: TimeRange): Generator<number> {
  const longestMs = 40 * 86_400_000;
  for (const startMs of bucketStarts(bucket, timeZone, fromMs, toMs + longestMs)) {
    yield startMs;
    if (startMs >= toMs) return;
  }
}

function* partsOf(starts: Iterable<number>, most: number): Generator<{ startsMs: number[]; endMs: number }> {
  let startsMs: number[] = [];
  let size = Math.min(firstBuckets, most);
  for (const startMs of starts) {
    if (startsMs.length === size) {
      yield { startsMs, endMs: startMs };
      startsMs = [];
      size = Math.min(size * 2, most);
    }
    startsMs.push(startMs);
  }
  const endMs = startsMs.pop();
  if (endMs !== undefined && startsMs.length > 0) yield { startsMs, endMs };
}

function chosen(row: Aggregate, functions: readonly AggregateFunction[]): Partial<Record<AggregateFunction, number>> {
  return Object.fromEntries(
    functions.flatMap((name) => {
      const answer = row[name] ?? undefined;
      return answer === undefined ? [] : [[name, answer]];
    }),
  );
}

function comparePositions(left: AggregatePosition, right: AggregatePosition): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
