import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { measurementReportedV1 } from '@myelin/contracts';
import { listDeadLetters } from '@myelin/messaging';
import type { RunningService } from '@myelin/service-kit';
import { waitFor } from '@myelin/testing';
import { Client } from 'pg';
import { type Surroundings, reportEvent, serviceIn, surroundings, tickEvent } from './running-service.fixture.js';

let around: Surroundings;
let service: RunningService;
const nowMs = Date.now();
const group = 'telemetry.store-measurements';

beforeAll(async () => {
  around = await surroundings();
  service = await serviceIn(around);
}, 60_000);
afterAll(async () => {
  await service.close();
  await around.dispose();
}, 60_000);

const counted = async (device: string): Promise<Record<string, number>> => {
  const token = await around.issuer.token({ tenant: 'acme', roles: ['viewer'] });
  const response = await fetch(`${service.url}/v1/statistics?device=${device}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { devices } = (await response.json()) as { devices: Record<string, number>[] };
  return devices[0] ?? {};
};

const storedPosition = async (): Promise<bigint> => {
  const rows = await around.database.dataSource.query<{ next: string | null }[]>(
    'SELECT sum(next_offset) AS next FROM position',
  );
  return BigInt(rows[0]?.next ?? 0);
};

describe('from the topic to the query', () => {
  test('measurements are queryable within a second of being acknowledged', async () => {
    const latencies: number[] = [];
    for (let seq = 0; seq < 40; seq++) {
      const body = { ts: nowMs + seq, boot: 'b', seq, values: { t: seq } };
      await around.publisher.send([reportEvent({ device: 'prompt', index: 1, body })]);
      const sentMs = performance.now();
      await waitFor(async () => (await counted('prompt'))['stored'] === seq + 1, {
        timeoutMs: 10_000,
        what: () => `measurement ${seq}`,
      });
      latencies.push(performance.now() - sentMs);
    }
    latencies.sort((left, right) => left - right);
    expect(latencies[20]).toBeLessThan(1_000);
  }, 60_000);

  test('a poison record is parked with its bytes and reason, the records around it are stored', async () => {
    const good = (seq: number) =>
      reportEvent({ device: 'poisoned', index: 2, body: { ts: nowMs, boot: 'b', seq, values: { t: seq } } });
    const undecodable = { ...good(2), value: Buffer.from('{"ts":') };
    const headless = { ...good(3), headers: { ...good(3).headers, 'myelin-retention-class': 'forever' } };
    await around.publisher.send([good(1), undecodable, headless, good(4)]);
    await waitFor(async () => (await counted('poisoned'))['stored'] === 2, {
      timeoutMs: 20_000,
      what: () => 'both good ones',
    });
    const letters = await waitFor(
      async () => {
        const found = await listDeadLetters(around.kafka.settings, { topic: measurementReportedV1.topic.name, group });
        return found.length >= 2 ? found : undefined;
      },
      { timeoutMs: 20_000, what: () => 'two dead letters' },
    );
    expect(letters.map(({ value }) => value?.toString()).sort()).toContain('{"ts":');
    expect(letters).toHaveLength(2);
  }, 60_000);

  test('a right that is lacking parks nothing: the partition waits until it is back', async () => {
    const { ownerUrl, appUrl, schema } = around.database;
    const owner = new Client({ connectionString: ownerUrl, options: `-c search_path=${schema}` });
    await owner.connect();
    const role = `"${new URL(appUrl).username}"`;
    try {
      await owner.query(`REVOKE INSERT ON latest FROM ${role}`);
      const body = { ts: nowMs, boot: 'b', seq: 1, values: { t: 1 } };
      await around.publisher.send([reportEvent({ device: 'waiting', index: 9, body })]);
      await waitFor(async () => (await (await fetch(`${service.url}/health/ready`)).text()).includes('store-refused'), {
        timeoutMs: 20_000,
        what: () => 'the partition that waits is reported',
      });
      expect(await counted('waiting')).toEqual({});
    } finally {
      await owner.query(`GRANT INSERT ON latest TO ${role}`);
      await owner.end();
    }
    await waitFor(async () => (await counted('waiting'))['stored'] === 1, {
      timeoutMs: 20_000,
      what: () => 'the measurement, stored at last',
    });
    const letters = await listDeadLetters(around.kafka.settings, { topic: measurementReportedV1.topic.name, group });
    expect(letters.map(({ key }) => key)).not.toContain('acme/waiting');
  }, 60_000);

  test('tombstones and ticks store nothing and move the position', async () => {
    const before = await storedPosition();
    const tombstone = { ...reportEvent({ device: 'prompt', index: 1, body: { values: { t: 1 } } }), value: null };
    await around.publisher.send([tombstone, tickEvent(0), tickEvent(1), tickEvent(2)]);
    await waitFor(async () => (await storedPosition()) === before + 4n, {
      timeoutMs: 10_000,
      what: () => 'the positions behind them',
    });
    expect((await counted('prompt'))['stored']).toBe(40);
  });

  test('a restart goes on where the stored positions say, also when the group has lost its offsets', async () => {
    const body = (seq: number) => ({ ts: nowMs, boot: 'b', seq, values: { t: seq } });
    await around.publisher.send([reportEvent({ device: 'restarted', index: 5, body: body(1) })]);
    await waitFor(async () => (await counted('restarted'))['stored'] === 1, {
      timeoutMs: 10_000,
      what: () => 'the first',
    });
    await service.close();
    await around.kafka.admin.deleteGroups([group]);
    await around.publisher.send([reportEvent({ device: 'restarted', index: 5, body: body(2) })]);
    service = await serviceIn(around);
    await waitFor(async () => (await counted('restarted'))['stored'] === 2, {
      timeoutMs: 20_000,
      what: () => 'the second',
    });
    expect(await counted('restarted')).toMatchObject({ stored: 2, duplicates: 0 });
    expect(await counted('prompt')).toMatchObject({ stored: 40, duplicates: 0 });
  }, 60_000);
});
