import { expect, test } from '@jest/globals';
import { createLogger, silentLogger } from '@myelin/observability';
import { waitFor } from '@myelin/testing';
import { telemetryConfig } from '../src/config.js';
import { startTelemetry } from '../src/start-telemetry.js';
import { reportEvent, surroundings } from './running-service.fixture.js';
import { lineTo } from './severed-line.fixture.js';

test('while the database is away partitions wait and queries say so; afterwards everything is stored once, without a restart', async () => {
  await using around = await surroundings();
  const line = await lineTo(around.database.appUrl);
  const config = telemetryConfig({ ...around.environment, DATABASE_URL: line.url });
  const service = await startTelemetry(config, silentLogger, { handleSignals: false });
  try {
    const send = (from: number, to: number) =>
      around.publisher.send(
        Array.from({ length: to - from }, (_, index) => {
          const seq = from + index;
          const body = { ts: Date.now(), boot: 'b', seq, values: { t: seq } };
          return reportEvent({ device: `device-${seq % 10}`, index: seq % 10, body });
        }),
      );
    const counts = async () => {
      const [row] = await around.database.dataSource.query<[{ stored: number; duplicates: number }]>(
        'SELECT coalesce(sum(stored), 0)::float8 AS stored, coalesce(sum(duplicates), 0)::float8 AS duplicates FROM device',
      );
      return row;
    };
    const token = await around.issuer.token({ tenant: 'acme', roles: ['viewer'] });
    const ask = (path: string) => fetch(service.url + path, { headers: { authorization: `Bearer ${token}` } });
    await send(0, 100);
    await waitFor(async () => (await counts()).stored === 100, { timeoutMs: 20_000, what: () => 'the first hundred' });

    await line.cut();
    await send(100, 300);
    await waitFor(async () => (await ask('/health/ready')).status === 503, {
      timeoutMs: 20_000,
      what: () => 'readiness to fail',
    });
    const refused = await ask('/v1/devices/device-1/latest');
    expect([refused.status, refused.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
    expect((await counts()).stored).toBe(100);

    await line.mend();
    await send(300, 400);
    await waitFor(async () => (await counts()).stored === 400, { timeoutMs: 60_000, what: () => 'all of them' });
    expect(await counts()).toEqual({ stored: 400, duplicates: 0 });
    await waitFor(async () => (await ask('/health/ready')).status === 200, {
      timeoutMs: 20_000,
      what: () => 'readiness',
    });
    expect((await ask('/v1/devices/device-1/latest')).status).toBe(200);
  } finally {
    await service.close();
    await line.cut();
  }
}, 120_000);

test('every job says once that the database is away, in these words, and once that it goes on again', async () => {
  await using around = await surroundings();
  const line = await lineTo(around.database.appUrl);
  const lines: Record<string, unknown>[] = [];
  const write = (text: string): void => void lines.push(JSON.parse(text) as Record<string, unknown>);
  const often = { ROLLUP_INTERVAL: '100ms', HOUSEKEEPING_INTERVAL: '100ms', FREEZING_INTERVAL: '100ms' };
  const service = await startTelemetry(
    telemetryConfig({ ...around.environment, ...often, DATABASE_URL: line.url }),
    createLogger({ service: 'telemetry', level: 'info', destination: { write } }),
    { handleSignals: false },
  );
  const works = ['filter-measurements', 'forget-quality', 'freeze-cold-days', 'keep-retention', 'roll-up'];
  const told = (msg: string): readonly unknown[] =>
    lines.filter((one) => String(one['msg']).startsWith(msg) && works.includes(String(one['work'])));
  const workOf = (one: unknown): string => (one as { work: string }).work;
  const all = (msg: string) => async (): Promise<boolean> =>
    Promise.resolve(works.every((work) => told(msg).some((one) => workOf(one) === work)));
  try {
    await line.cut();
    await waitFor(all('background work failed'), { timeoutMs: 30_000, what: () => 'all to fail' });
    await line.mend();
    await waitFor(all('background work goes on'), { timeoutMs: 60_000, what: () => 'all to go on' });
    const failures = told('background work failed') as { work: string; error: string; level: string }[];
    expect(failures.map(workOf).sort()).toEqual(works);
    for (const { error, level } of failures) {
      expect(error).toMatch(/^PersistenceError\(database\.unavailable\): the database cannot be reached/);
      expect(level).toBe('warn');
    }
    expect(told('background work goes on').map(workOf).sort()).toEqual(works);
  } finally {
    await service.close();
    await line.cut();
  }
}, 120_000);

test('a member that gets partitions while the database is away takes them up when it is back', async () => {
  await using around = await surroundings();
  const line = await lineTo(around.database.appUrl);
  const survivor = await startTelemetry(
    telemetryConfig({ ...around.environment, DATABASE_URL: line.url }),
    silentLogger,
    { handleSignals: false },
  );
  const leaver = await startTelemetry(telemetryConfig(around.environment), silentLogger, { handleSignals: false });
  try {
    const send = (from: number, to: number) =>
      around.publisher.send(
        Array.from({ length: to - from }, (_, index) => {
          const body = { ts: Date.now(), boot: 'b', seq: from + index, values: { t: 1 } };
          return reportEvent({ device: `device-${index % 10}`, index: index % 10, body });
        }),
      );
    const stored = async () => {
      const [row] = await around.database.dataSource.query<[{ stored: number; copies: number }]>(
        'SELECT coalesce(sum(stored), 0)::float8 AS stored, coalesce(sum(duplicates), 0)::float8 AS copies FROM device',
      );
      return row;
    };
    // A member that is closed while it joins for the first time keeps the group waiting for its rebalance time-out.
    const consumes = async ({ url }: { readonly url: string }): Promise<boolean> =>
      !(await (await fetch(`${url}/health/ready`)).text()).includes('not-consuming');
    const both = async (): Promise<boolean> => (await consumes(survivor)) && (await consumes(leaver));
    await waitFor(both, { timeoutMs: 20_000, what: () => 'both to be members' });
    await send(0, 100);
    await waitFor(async () => (await stored()).stored === 100, { timeoutMs: 20_000, what: () => 'the first hundred' });
    await line.cut();
    await leaver.close();
    await send(100, 200);
    const waits = async () => (await fetch(`${survivor.url}/health/ready`)).status === 503;
    await waitFor(waits, { timeoutMs: 10_000, what: () => 'readiness to fail' });
    await line.mend();
    await waitFor(async () => (await stored()).stored === 200, { timeoutMs: 60_000, what: () => 'all of them' });
    expect(await stored()).toEqual({ stored: 200, copies: 0 });
  } finally {
    await survivor.close();
    await leaver.close();
    await line.cut();
  }
}, 120_000);
