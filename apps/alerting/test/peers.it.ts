import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceStateV1, gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import { type RecordPublisher, createRecordPublisher, encodeEvent } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { type ApiClient, aDeviceState, aMeasurement, waitFor } from '@myelin/testing';
import { type AlertingFixture, aRuleBody, startFixture } from './alerting-fixture.js';

let fixture: AlertingFixture;
let publisher: RecordPublisher;
let api: ApiClient;
const tenant = 'acme';
const everyMs = 60_000;
const devices = Array.from({ length: 12 }, (_, nth) => `pump-${nth}`);
const drifting = 'pump-7';
/** A day ago: however many rounds it takes, none of them is of a future that nobody believes. */
const firstMs = (Math.floor(Date.now() / everyMs) - 1_440) * everyMs;

beforeAll(async () => {
  fixture = await startFixture({ CHECKPOINT_INTERVAL: '100ms', FOLLOW_INTERVAL: '20ms' });
  publisher = createRecordPublisher(fixture.kafka.settings, silentLogger);
  await publisher.connect();
  api = await fixture.as(tenant);
}, 60_000);
afterAll(async () => {
  await publisher.close();
  await fixture.dispose();
}, 60_000);

const deviceState = (device: string) => {
  const payload = aDeviceState({ tenant, device, version: 1, profile: 'pump' });
  const event = { contract: deviceStateV1, key: `${tenant}/${device}`, payload, version: 1 };
  return encodeEvent(event, '/registry/test');
};
const report = (device: string, ts: number, pressure: number) => {
  const payload = aMeasurement({ ts, values: { pressure } });
  const headers = { 'myelin-device-index': '1', 'myelin-retention-class': 'standard', 'myelin-profile': 'pump' };
  const event = { contract: measurementReportedV1, key: `${tenant}/${device}`, payload, headers };
  return encodeEvent(event, '/gateways/test');
};
const ticks = (atMs: number) =>
  [0, 1].map((partition) => {
    const event = { contract: gatewayTickedV1, key: 'gateway-0', payload: { instance: 'gateway-0', atMs } };
    return { ...encodeEvent(event, '/gateways/test'), partition };
  });

let rounds = 0;
/** All devices report, in no order, and the round is over. */
async function round(odd: number): Promise<void> {
  const startMs = firstMs + (rounds += 1) * everyMs;
  const said = devices.map((device, nth) =>
    report(device, startMs + 1_000 + nth, device === drifting ? odd : 4 + (nth % 3) / 10),
  );
  await publisher.send(ticks(startMs + 10_000));
  await publisher.send([...said.toReversed(), ...said.slice(0, 3)]);
  await publisher.send(ticks(startMs + everyMs + 10_000));
}

interface ShownAlarm {
  readonly device: string;
  readonly state: string;
  readonly clearReason?: string;
  readonly startedAt: string;
  readonly annotations: Record<string, string>;
}
const alarms = async (): Promise<ShownAlarm[]> =>
  (await api.get('/v1/alarms?rule=unlike')).body.items as unknown as ShownAlarm[];
const roundsUntil = (what: string, odd: number, check: (shown: readonly ShownAlarm[]) => boolean) =>
  waitFor(
    async () => {
      await round(odd);
      return check(await alarms());
    },
    { what, timeoutMs: 60_000 },
  );

describe('instances of the running service', () => {
  test('raise one alarm for the device that drifts away from the others of its profile, and clear it when it is back, also when one of them ends in between', async () => {
    await publisher.send(devices.map(deviceState));
    const model = { type: 'peer-group', params: { everyMs } };
    const when = { metric: 'pressure', op: 'anomaly', model };
    expect((await api.put('/v1/rules/unlike', aRuleBody({ when }))).status).toBe(201);
    const another = await fixture.another();
    try {
      await roundsUntil('the alarm', 9.5, (shown) => shown.length > 0);
    } finally {
      await another.close();
    }
    const [alarm, ...others] = await alarms();
    expect(others).toEqual([]);
    expect(alarm).toMatchObject({ device: drifting, state: 'active' });
    expect(Date.parse(alarm?.startedAt ?? '') % everyMs).toBe(0);
    expect(alarm?.annotations['summary']).toMatch(
      /^9\.5 is \d+\.\d standard deviations above the (11|10|9|8|7|6|5) others of profile pump$/,
    );
    await roundsUntil('its end', 4.1, (shown) => shown.every(({ state }) => state === 'cleared'));
    expect(await alarms()).toMatchObject([{ device: drifting, clearReason: 'condition' }]);
  }, 120_000);
});
