import type { TenantId } from '@myelin/kernel';
import { type AlignedBuckets, type PeriodBucket, alignedBuckets, sameLengthEnd } from '../../domain/aligned-periods.js';
import { bucketsWithEnd } from '../../domain/bucket-parts.js';
import { contrastOf, spreadOf, standingOf } from '../../domain/standing.js';
import { withQueryProblems } from '../../http/query-problems.js';
import { parameterFaults } from '../../http/parameter-faults.js';
import type { BucketReader } from '../../persistence/bucket-reader.js';
import type { DeviceRepository } from '../../persistence/device.repository.js';
import type { TimeRange } from '../../persistence/measurement.repository.js';
import {
  type ComparisonQuery,
  type FleetComparisonItem,
  type PeriodComparisonItem,
  maxComparedBuckets,
  maxComparedValues,
} from './comparison.dto.js';

/** Values by start of the bucket, then by device. */
type Values = ReadonlyMap<number, ReadonlyMap<string, number>>;

export class ReadComparisonHandler {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly buckets: BucketReader,
  ) {}

  /** One device within a fleet, bucket by bucket. @throws Problem 400 when it would take too much */
  async withFleet(
    tenant: TenantId,
    query: ComparisonQuery & { readonly fleet: readonly string[] },
    range: TimeRange,
    signal: AbortSignal,
  ): Promise<FleetComparisonItem[]> {
    const [device = ''] = query.device;
    const devices = [...new Set([device, ...query.fleet])];
    const starts = bucketsOf(query, range);
    refuseTooMuch(starts.length * devices.length);
    const values = await this.values(tenant, query, devices, range, signal);
    return starts.flatMap(({ startMs, endMs }): FleetComparisonItem[] => {
      const ofBucket = values.get(startMs);
      if (ofBucket === undefined) return [];
      const value = ofBucket.get(device);
      const fleet = query.fleet.map((one) => ofBucket.get(one)).filter((one) => one !== undefined);
      return [{ start: startMs, end: endMs, ...(value !== undefined && { value }), ...within(value, fleet) }];
    });
  }

  /** Devices in a period against themselves in another one. @throws Problem 400 when it would take too much */
  async withPeriod(
    tenant: TenantId,
    query: ComparisonQuery & { readonly baselineFrom: number },
    range: TimeRange,
    signal: AbortSignal,
  ): Promise<PeriodComparisonItem[]> {
    const baseline = baselineOf(query, range);
    const count = bucketsOf(query, range).length + bucketsOf(query, baseline, 'baselineTo').length;
    refuseTooMuch(count * query.device.length);
    const current = await this.values(tenant, query, query.device, range, signal);
    const before = await this.values(tenant, query, query.device, baseline, signal);
    return alignedBuckets(query, range, baseline).flatMap((pair) =>
      query.device.flatMap((device) => periodItems(device, pair, current, before)),
    );
  }

  private async values(
    tenant: TenantId,
    query: ComparisonQuery,
    devices: readonly string[],
    range: TimeRange,
    signal: AbortSignal,
  ): Promise<Values> {
    const found = await this.devices.scopes(tenant, devices);
    const scopes = [...found.values()];
    const metrics = [query.metric];
    const stored = await this.buckets.extent({ scopes, metrics, ...range });
    const values = new Map<number, Map<string, number>>();
    if (stored === undefined) return values;
    const asked = { scopes, metrics, functions: [query.function], buckets: query, stored, signal };
    for await (const { startsMs, rows } of withQueryProblems(this.buckets.parts({ ...asked, ...stored }))) {
      for (const { bucket, device, values: told } of rows) {
        const value = told[query.function];
        const startMs = startsMs[bucket] ?? 0;
        const ofBucket = values.get(startMs) ?? new Map<string, number>();
        if (typeof value === 'number') values.set(startMs, ofBucket.set(scopes[device]?.device ?? '', value));
      }
    }
    return values;
  }
}

function bucketsOf(query: ComparisonQuery, range: TimeRange, parameter = 'bucket'): PeriodBucket[] {
  const buckets: PeriodBucket[] = [];
  let startMs: number | undefined;
  for (const nextMs of range.fromMs < range.toMs ? bucketsWithEnd(query, range) : []) {
    if (startMs !== undefined) buckets.push({ startMs, endMs: nextMs });
    if (buckets.length > maxComparedBuckets) {
      const detail = `makes more than ${maxComparedBuckets} buckets of the period: choose longer buckets or a shorter period`;
      throw parameterFaults({ parameter, detail });
    }
    startMs = nextMs;
  }
  return buckets;
}

function refuseTooMuch(values: number): void {
  if (values <= maxComparedValues) return;
  const detail = `makes ${values} values of all devices and buckets, up to ${maxComparedValues} are compared`;
  throw parameterFaults({ parameter: 'bucket', detail });
}

function baselineOf(query: ComparisonQuery & { readonly baselineFrom: number }, range: TimeRange): TimeRange {
  const fromMs = query.baselineFrom;
  const toMs = query.baselineTo ?? sameLengthEnd(query.timeZone, fromMs, range);
  if (fromMs < toMs) return { fromMs, toMs };
  throw parameterFaults({ parameter: 'baselineFrom', detail: 'must be before `baselineTo`' });
}

function within(value: number | undefined, fleet: readonly number[]): Omit<FleetComparisonItem, 'start' | 'end'> {
  if (fleet.length === 0) return { fleet: { devices: 0 } };
  const spread = spreadOf(fleet);
  return {
    fleet: { devices: fleet.length, ...spread },
    ...contrastOf(value, spread.median),
    ...(value !== undefined && standingOf(value, fleet)),
  };
}

function periodItems(device: string, pair: AlignedBuckets, current: Values, before: Values): PeriodComparisonItem[] {
  const valueIn = (values: Values, bucket: PeriodBucket | undefined): number | undefined =>
    bucket && values.get(bucket.startMs)?.get(device);
  const [value, baseline] = [valueIn(current, pair.current), valueIn(before, pair.baseline)];
  if (value === undefined && baseline === undefined) return [];
  return [
    {
      device,
      ...(pair.current && { start: pair.current.startMs, end: pair.current.endMs }),
      ...(pair.baseline && { baselineStart: pair.baseline.startMs, baselineEnd: pair.baseline.endMs }),
      ...(value !== undefined && { value }),
      ...(baseline !== undefined && { baseline }),
      ...contrastOf(value, baseline),
    },
  ];
}
