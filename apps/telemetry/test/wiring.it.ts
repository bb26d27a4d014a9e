import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type EventContract,
  consumerLagNearedRetentionV1,
  dataQualityMeasuredV1,
  measurementReportedV1,
  profileStateV1,
} from '@myelin/contracts';
import { encodeEvent } from '@myelin/messaging';
import type { RunningService } from '@myelin/service-kit';
import { type EventProbe, type ProbedEvent, aProfile, eventProbe, waitFor } from '@myelin/testing';
import { asAdmin } from './cold-days.fixture.js';
import { dayMs, hourMs } from './rollups.fixture.js';
import { type Surroundings, reportEvent, serviceIn, surroundings, tickEvent } from './running-service.fixture.js';

let around: Surroundings;
let service: RunningService;

beforeAll(async () => {
  around = await surroundings({ partitions: 1 });
  Object.assign(around.environment, { ROLLUP_INTERVAL: '200ms', ROLLUP_GRACE: '0s', LAG_CHECK_INTERVAL: '200ms' });
  service = await serviceIn(around);
}, 60_000);
afterAll(async () => {
  await service.close();
  await around.dispose();
}, 60_000);

/** The next event that matches, as its contract has it. */
async function nextOf<Payload>(
  probe: EventProbe<Payload>,
  contract: EventContract<Payload>,
  matches: (event: ProbedEvent<Payload>) => boolean,
): Promise<Payload> {
  const event = await probe.next(matches, 30_000);
  expect(event.fault).toBeUndefined();
  const outcome = contract.strict(event.payload);
  if (!outcome.ok) throw new Error(outcome.faults[0]?.message);
  return outcome.value;
}

describe('the running service', () => {
  test('tells on the topic of lag alarms of what it is about to lose, and when that is over', async () => {
    await using probe = await eventProbe(around.kafka.settings, consumerLagNearedRetentionV1);
    const told = (near: boolean) =>
      nextOf(probe, consumerLagNearedRetentionV1, ({ payload }) => payload?.near === near);
    await asAdmin(around.database, async (admin) => {
      // Nothing can be stored while positions are locked. Nothing younger may stand before what is old.
      await admin.query('BEGIN');
      await admin.query('LOCK TABLE position IN ACCESS EXCLUSIVE MODE');
      const body = { ts: Date.now(), boot: 'b', seq: 1, values: { t: 1 } };
      const old = { ...reportEvent({ device: 'old', index: 2, body }), timestampMs: Date.now() - 6.5 * dayMs };
      await around.publisher.send([old, { ...tickEvent(0), timestampMs: Date.now() - 5 * dayMs }, tickEvent(0)]);
      expect(await told(true)).toMatchObject({
        topic: measurementReportedV1.topic.name,
        group: 'telemetry.store-measurements',
        partitions: [0],
      });
      await admin.query('ROLLBACK');
    });
    expect(await told(false)).toMatchObject({ partitions: [] });
    const stored = async () => around.database.dataSource.query<unknown[]>('SELECT FROM device WHERE index = 2');
    await waitFor(async () => (await stored()).length === 1, { what: 'the old report to be stored' });
  }, 120_000);

  test('judges hours by their profile as it is now, and tells so on the topic of data quality', async () => {
    await using probe = await eventProbe(around.kafka.settings, dataQualityMeasuredV1);
    const profile = async (version: number, changes: { expectedReportIntervalMs: number; lateAfterMs: number }) => {
      const payload = { ...aProfile({ ...changes, tenant: 'acme', profile: 'thermometer' }) };
      const event = { contract: profileStateV1, key: 'acme/thermometer', payload, version };
      await around.publisher.send([encodeEvent(event, '/registry/test')]);
    };
    const hour = Math.floor(Date.now() / hourMs) - 2;
    const report = (seq: number) => {
      const body = { ts: hour * hourMs + seq, boot: 'b', seq, values: { t: seq } };
      return around.publisher.send([reportEvent({ device: 'judged', index: 1, body })]);
    };
    const judged = (version: number) =>
      nextOf(probe, dataQualityMeasuredV1, ({ key, payload }) => key === 'acme/judged' && payload?.version === version);
    await profile(1, { expectedReportIntervalMs: 600_000, lateAfterMs: 1_000 });
    await report(1);
    let first = await judged(1);
    // Versions go on while the profile travels: the table follows its topic beside what is stored.
    for (let seq = 2; first.expected !== 6; seq++) {
      await report(seq);
      first = await judged(seq);
    }
    expect(first).toMatchObject({ expected: 6, late: first.count });
    await profile(2, { expectedReportIntervalMs: 60_000, lateAfterMs: 86_400_000 });
    let second = first;
    for (let seq = first.version + 1; second.expected !== 60; seq++) {
      await report(seq);
      second = await judged(seq);
    }
    expect(second).toMatchObject({ expected: 60, late: 0, missing: 60 - second.count });
  }, 120_000);
});
