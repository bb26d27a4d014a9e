import { afterAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type MixedTraces, jaegerIfBuilt, mixedTraces, whyNoJaeger } from './legacy-traces.fixture.js';
import { type Job, reportOf, run, start } from './main-job.fixture.js';
import { MetricsWatch, promtoolSays } from './metrics-watch.fixture.js';
import { PrometheusWatch } from './prometheus-watch.fixture.js';

async function until(what: string, condition: () => boolean | Promise<boolean>, deadlineMs: number): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`after ${deadlineMs} ms still not: ${what}`);
    await delay(50);
  }
}

const isSilent = (url: string): Promise<boolean> =>
  fetch(`${url}/health/live`).then(
    () => false,
    () => true,
  );

/** Addresses of the services and the folder of the logs, from what is printed. */
async function running({ said }: Job): Promise<{ readonly urls: readonly string[]; readonly folder: string }> {
  await until('Myelin is running', () => said.errors.includes('accepted/s'), 120_000);
  const urls = ['ingest gateway', 'device registry', 'telemetry', 'alerting', 'firmware rollout'].map(
    (name) => new RegExp(`${name} +(http://[0-9.:]+)`).exec(said.errors)?.[1] ?? '',
  );
  return { urls, folder: dirname(/logs +(\S+)/.exec(said.errors)?.[1] ?? '') };
}

describe('the main job', () => {
  let prometheus: PrometheusWatch | undefined;
  afterAll(() => prometheus?.stop());

  test('starts everything, runs a fleet, proves it, and says so in one last line of JSON', async () => {
    const jaeger = await jaegerIfBuilt();
    const job = start(
      [
        ...['--for', '18s', '--json', '--free-ports', '--devices', '40', '--interval', '200ms'],
        ...['--evaluate-only', '0.25', '--filtered', '0.25', '--encodings', 'mixed'],
        ...(jaeger === undefined ? [] : ['--legacy-share', '0.1', '--legacy-collector', jaeger.thriftUrl]),
      ],
      jaeger === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpUrl },
    );
    const watch = new MetricsWatch(job, async (urls) => void (prometheus = await PrometheusWatch.start(urls)));
    const startedMs = Date.now();
    const [code] = await job.ended;
    await watch.close();
    const { output, errors } = job.said;
    expect({ code, errors: code === 0 ? '' : errors }).toEqual({ code: 0, errors: '' });
    const report = reportOf(output) as Record<string, number>;
    expect(report).toMatchObject({ lost: 0, doubled: 0, altered: 0, invented: 0, miscounted: 0, conflicts: 0 });
    expect(report['accepted']).toBeGreaterThan(100);
    expect(report['acceptedUnstored']).toBeGreaterThan(10);
    expect(report['evaluateOnly']).toBeGreaterThanOrEqual(report['acceptedUnstored'] ?? Infinity);
    expect(report['filtered']).toBeGreaterThan(10);
    const { accepted = NaN, acceptedUnstored = NaN, filtered = NaN } = report;
    expect(report['stored']).toBe(accepted - acceptedUnstored - filtered);
    expect(report['p50Ms']).toBeLessThanOrEqual(report['p99Ms'] ?? 0);
    expect(report).toMatchObject({ alarmsMissed: 0, alarmsFalse: 0, alarmFindings: [] });
    // Of one silent device, one with an empty battery and one with a surge each, of two at the depot; six of one that flaps.
    expect(report).toMatchObject({ alarmsExpected: 11, alarmsRaised: 11, alarmsCleared: 11 });
    // How far it gets in so short a time is the machine's matter; what runs on the devices is known at any moment.
    expect(report).toMatchObject({ devicesDisagreeing: 0 });
    expect(['running', 'succeeded']).toContain(report['rolloutState']);
    expect(errors).toMatch(/wave [1-3]\/3 updated \d+ failed \d+/);

    // What every service emitted on the way is declared, and what is declared was emitted.
    expect(watch.looks).toBeGreaterThan(0);
    expect([...watch.faults]).toEqual([]);
    expect(watch.missing()).toEqual([]);
    const said = await Promise.all([...watch.texts.values()].map(promtoolSays));
    // OpenTelemetry's conventions call it so.
    const known = /^db_client_connection_count non-histogram and non-summary metrics should not have "_count" suffix$/;
    expect(said.flat().filter((line) => !known.test(line))).toEqual([]);
    // Every query of every dashboard and every alert, asked of a real Prometheus that has collected meanwhile.
    expect(await prometheus?.faults(watch.lastLookMs)).toEqual([]);
    if (jaeger !== undefined)
      expect(await prometheus?.exemplars(startedMs)).toContain('http_server_request_duration_seconds_bucket');
    if (jaeger === undefined) return;
    legacyTraces = await mixedTraces(jaeger.queryUrl);
    await jaeger.stop();
  }, 180_000);

  // Of the run above, which Jaeger has looked at.
  let legacyTraces: MixedTraces | undefined;
  (whyNoJaeger === '' ? test : test.skip)(
    `a device that is traced by Jaeger's own client is in one trace with the gateway that took its report${whyNoJaeger}`,
    () => {
      expect(legacyTraces?.seen).toBeGreaterThan(0);
      expect(legacyTraces).toMatchObject({ mixed: legacyTraces?.seen });
    },
  );

  test.each([
    ['SIGHUP', 0],
    ['SIGKILL', null],
  ] as const)(
    'leaves no service and no folder behind after %s',
    async (signal, expected) => {
      const job = start(['--free-ports', '--devices', '5']);
      const { urls, folder } = await running(job);
      expect(await Promise.all(urls.map(isSilent))).toEqual([false, false, false, false, false]);
      expect(existsSync(folder)).toBe(true);
      job.child.kill(signal);
      expect((await job.ended)[0]).toBe(expected);
      expect(job.said.errors).not.toContain('ended unexpectedly');
      const everything = async (): Promise<boolean> =>
        !existsSync(folder) && (await Promise.all(urls.map(isSilent))).every(Boolean);
      await until('everything is gone', everything, 30_000);
    },
    180_000,
  );

  test('gives up starting when it is interrupted meanwhile', async () => {
    const job = start(['--free-ports', '--devices', '5']);
    await until('topics are made', () => job.said.errors.includes('creating topics'), 120_000);
    job.child.kill('SIGINT');
    expect((await job.ended)[0]).toBe(130);
    expect(job.said.errors).not.toContain('Myelin is running');
  }, 180_000);

  test('refuses an unknown option and starts nothing', async () => {
    const { code, errors } = await run(['--frobnicate']);
    expect(code).toBe(2);
    expect(errors).toContain('frobnicate');
    expect(errors).toContain('--help');
  }, 60_000);

  test('says which port is taken, for what, and how to choose another, before it starts anything', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const { code, errors } = await run([], { REGISTRY_PORT: String(port) });
    holder.close();
    expect(code).toBe(1);
    expect(errors).toContain(`port ${port} for device-registry is taken`);
    expect(errors).toContain('REGISTRY_PORT');
    expect(errors).not.toContain('topics');
  }, 60_000);

  test('names brokers that do not answer', async () => {
    const { code, errors } = await run(['--free-ports'], { KAFKA_BROKERS: '127.0.0.1:1' });
    expect(code).toBe(1);
    expect(errors).toContain('Kafka at 127.0.0.1:1 does not answer');
  }, 120_000);
});
