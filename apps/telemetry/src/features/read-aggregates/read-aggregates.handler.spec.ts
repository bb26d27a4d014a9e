import { describe, expect, test } from '@jest/globals';
import type { TenantId } from '@myelin/kernel';
import { type Aggregate, AggregateRepository } from '../../persistence/aggregate.repository.js';
import { BucketReader } from '../../persistence/bucket-reader.js';
import { DeviceRepository, type DeviceScope } from '../../persistence/device.repository.js';
import type { TimeRange } from '../../persistence/measurement.repository.js';
import { AggregatesQuery } from './aggregates.dto.js';
import { ReadAggregatesHandler } from './read-aggregates.handler.js';

const tenant = 'acme' as TenantId;

class OneDevice extends DeviceRepository {
  override async scopes(): Promise<Map<string, DeviceScope>> {
    return new Map([['sensor', { tenant, device: 'sensor', indexes: [1], classes: 1 }]]);
  }
}

class NothingStored extends AggregateRepository {
  statements = 0;

  constructor(private readonly onStatement: (statements: number) => void) {
    super(undefined as never);
  }

  override async extent(range: TimeRange): Promise<TimeRange> {
    return range;
  }

  override async refuseGone(): Promise<void> {}

  override async aggregate(): Promise<Aggregate[]> {
    this.onStatement((this.statements += 1));
    return [];
  }
}

describe('aggregates over a long range', () => {
  test('end when the reader has left: no statement follows the one under way', async () => {
    const left = new AbortController();
    const stored = new NothingStored((statements) => {
      if (statements === 2) left.abort();
    });
    const handler = new ReadAggregatesHandler(
      new OneDevice(undefined as never),
      new BucketReader(stored, undefined as never),
    );
    const query = Object.assign(new AggregatesQuery(), { device: ['sensor'], metric: ['t'], bucket: '1m' });
    const yearMs = 365 * 86_400_000;
    const results = handler.read(tenant, query, { fromMs: 0, toMs: yearMs }, { signal: left.signal, nowMs: yearMs });
    await expect(results.next()).resolves.toMatchObject({ done: true });
    expect(stored.statements).toBe(2);
  });
});
