import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayLoadStateV1 } from '@myelin/contracts';
import { type RecordPublisher, createRecordPublisher, encodeEvent } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { waitFor } from '@myelin/testing';
import { maxOverloadMs } from '../src/features/follow-gateways/follow-gateways.handler.js';
import { overloadedUntilMs } from '../src/persistence/rollout-gateways.repository.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';
import { EngineStand, definition } from './rollout-engine-fixture.js';

let fixture: FirmwareFixture;
let publisher: RecordPublisher;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '1h' });
  publisher = createRecordPublisher(fixture.kafka.settings, silentLogger);
  await publisher.connect();
}, 120_000);
afterAll(async () => {
  await publisher.close();
  await fixture.dispose();
});

/** @param untilMs null = a tombstone */
async function say(gateway: string, version: number, untilMs: number | null): Promise<void> {
  const payload = untilMs === null ? null : { gateway, version, overloadedUntil: new Date(untilMs).toISOString() };
  const event = { contract: gatewayLoadStateV1, key: gateway, payload, version };
  await publisher.send([encodeEvent(event, '/gateways/test')]);
}

const known = (atMs: number): Promise<number | undefined> =>
  overloadedUntilMs(fixture.database.dataSource.manager, atMs);
const until = (expected: number | undefined, atMs: number): Promise<unknown> => {
  const isSo = async (): Promise<boolean> => (await known(atMs)) === expected;
  return waitFor(isSo, { timeoutMs: 60_000, what: `overload until ${String(expected)}` });
};

test('the latest word of each gateway counts, and each ends by itself', async () => {
  const nowMs = Date.now();
  await say('gateway-0', 2, nowMs + 30_000);
  await say('gateway-1', 1, nowMs + 20_000);
  await until(nowMs + 30_000, nowMs);
  await say('gateway-0', 3, nowMs);
  await until(nowMs + 20_000, nowMs);
  await say('gateway-0', 2, nowMs + 90_000);
  await say('gateway-1', 2, nowMs + 40_000);
  await until(nowMs + 40_000, nowMs);
  expect(await known(nowMs + 40_000)).toBeUndefined();
  await say('gateway-1', 3, null);
  await until(undefined, nowMs);
}, 120_000);

test('a word of a clock that is ahead is taken for ten minutes at most', async () => {
  await say('gateway-2', 1, Date.now() + 86_400_000);
  const nowMs = Date.now();
  await waitFor(async () => (await known(nowMs)) !== undefined, { timeoutMs: 60_000, what: 'the word' });
  expect(await known(nowMs + maxOverloadMs)).toBeUndefined();
  await say('gateway-2', 2, 0);
  await until(undefined, nowMs);
}, 120_000);

test('nobody is offered anything, and no wave goes on, while a gateway is overloaded; then it goes on by itself', async () => {
  const { settings } = definition();
  const careful = definition({ settings: { ...settings, advance: [{ kind: 'calm-gateways' }] } });
  const stand = await EngineStand.of(fixture.database, careful);
  const careless = await EngineStand.of(fixture.database, definition());
  stand.nowMs = careless.nowMs = Date.now();
  const endMs = stand.nowMs + 300_000;
  await say('gateway-3', 1, endMs);
  await until(endMs, stand.nowMs);
  for (const each of [stand, careless]) {
    await each.addDevices(10);
    await each.start();
    for (let steps = 0; steps < 5; steps += 1) await each.step();
  }
  expect((await careless.shown()).tally).toEqual({ offered: 2, planned: 8 });
  expect((await stand.shown()).tally).toEqual({ planned: 10 });
  expect(await stand.waitsFor()).toEqual([expect.stringMatching(/^a gateway is overloaded until/)]);
  stand.nowMs = endMs;
  await stand.settle();
  expect((await stand.shown()).tally).toEqual({ offered: 2, planned: 8 });
}, 120_000);
