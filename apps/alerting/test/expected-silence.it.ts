import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EventContract, installationStateV1, maintenanceWindowStateV1, profileStateV1 } from '@myelin/contracts';
import { type RecordPublisher, createRecordPublisher, encodeEvent, partitionOfKey } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { type ApiClient, aProfile, waitFor } from '@myelin/testing';
import { type AlertingFixture, aRuleBody, startFixture } from './alerting-fixture.js';
import { deviceState, report, tenant, ticks } from './fleet-records.js';

const deadlineMs = 3_000;
let fixture: AlertingFixture;
let publisher: RecordPublisher;
let api: ApiClient;
/** What the gateway's clock says. */
let nowMs = Date.now();

async function publish<Payload>(contract: EventContract<Payload>, name: string, payload: Payload): Promise<void> {
  await publisher.send([encodeEvent({ contract, key: `${tenant}/${name}`, payload, version: 1 }, '/registry/test')]);
}

/** Once a second up to then. */
async function tickUntil(untilMs: number): Promise<void> {
  const records = [];
  while (nowMs < untilMs) records.push(...ticks((nowMs += 1_000)));
  await publisher.send(records);
}

async function activeAlarms(): Promise<ReadonlyMap<string, { readonly raisedAt: string }>> {
  const { body } = await api.get('/v1/alarms?rule=silence&state=active');
  const alarms = body.items as unknown as { readonly device: string; readonly raisedAt: string }[];
  return new Map(alarms.map((alarm) => [alarm.device, alarm]));
}

const becomes = (what: 'silent' | 'heard', ...devices: readonly string[]) =>
  waitFor(
    async () => {
      const alarms = await activeAlarms();
      return devices.every((device) => alarms.has(device) === (what === 'silent'));
    },
    { what: `${devices.join(' and ')} to be ${what}`, timeoutMs: 20_000 },
  );

/** A device whose records have the same partition: what is found of both with one tick is told at once. */
function besides(device: string): string {
  const placeOf = (name: string): number => partitionOfKey(`${tenant}/${name}`, 2);
  const names = Array.from({ length: 64 }, (_, nth) => `beside-${device}-${nth}`);
  return names.find((name) => placeOf(name) === placeOf(device)) as string;
}

/** Until the device is not silent when the other one is: then its expectation is known. */
async function untilExcused(device: string, other: string): Promise<void> {
  await waitFor(
    async () => {
      await publisher.send([report(device, 20), report(other, 20)]);
      await becomes('heard', device, other);
      await tickUntil(nowMs + deadlineMs + 1_000);
      await becomes('silent', other);
      return !(await activeAlarms()).has(device);
    },
    { what: `${device} to be excused`, timeoutMs: 60_000 },
  );
}

interface Times {
  readonly from: string;
  readonly until: string;
}

const expectations = [
  {
    ...{ what: 'a maintenance window over the site', device: 'worked-on', site: 'plant-1' },
    begin: ({ from, until }: Times) =>
      publish(maintenanceWindowStateV1, 'power', {
        ...{ tenant, window: 'power', scope: { sites: ['plant-1'] }, from, until },
        ...{ reason: 'the transformer is replaced', actor: 'operator:alice', version: 1 },
      }),
  },
  {
    ...{ what: 'an installation that is overdue', device: 'installing', site: 'plant-2' },
    begin: ({ from, until }: Times) =>
      publish(installationStateV1, 'installing', {
        ...{ tenant, device: 'installing', installation: '5b0c1f0e-7d52-8a51-9a34-6f0f54c2a9d1' },
        ...{ firmware: 'thermometer-2.4.1', state: 'installing', startedAt: from, expectedUntil: until, version: 1 },
      }),
  },
];

beforeAll(async () => {
  fixture = await startFixture({ FOLLOW_INTERVAL: '20ms' });
  publisher = createRecordPublisher(fixture.kafka.settings, silentLogger);
  await publisher.connect();
  await publish(profileStateV1, 'thermometer', aProfile({ tenant }));
  const devices = expectations.flatMap(({ device, site }) => [
    deviceState(device, 1, { site }),
    deviceState(besides(device), 1, { site: 'elsewhere' }),
  ]);
  await publisher.send(devices);
  api = await fixture.as(tenant);
  const when = { op: 'absent', windowMs: deadlineMs };
  expect((await api.put('/v1/rules/silence', aRuleBody({ when, storm: { share: 1 } }))).status).toBe(201);
  // Rule and devices are known when all are silent that never said anything.
  await waitFor(
    async () => {
      await tickUntil(nowMs + 1_000);
      return (await activeAlarms()).size === devices.length;
    },
    { what: 'all devices to be silent', timeoutMs: 60_000 },
  );
}, 120_000);
afterAll(async () => {
  await publisher.close();
  await fixture.dispose();
}, 60_000);

describe('silence that is expected', () => {
  test.each(expectations)(
    'because of $what is no alarm while that lasts, and is one within the deadline and two seconds after',
    async ({ device, begin }) => {
      const other = besides(device);
      const untilMs = nowMs + 120_000;
      await begin({ from: new Date(nowMs).toISOString(), until: new Date(untilMs).toISOString() });
      await untilExcused(device, other);
      await tickUntil(untilMs);
      // Behind the last tick of the expectation.
      await publisher.send([report(other, 20)]);
      await becomes('heard', other);
      expect([...(await activeAlarms()).keys()]).not.toContain(device);
      await tickUntil(untilMs + 3 * deadlineMs);
      await becomes('silent', device);
      const raisedAtMs = Date.parse((await activeAlarms()).get(device)?.raisedAt ?? '');
      expect(raisedAtMs).toBeGreaterThanOrEqual(untilMs + deadlineMs);
      expect(raisedAtMs).toBeLessThanOrEqual(untilMs + deadlineMs + 2_000);
      await publisher.send([report(device, 20)]);
      await becomes('heard', device);
    },
    120_000,
  );
});
