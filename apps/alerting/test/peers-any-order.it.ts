import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import fc from 'fast-check';
import type { Rule } from '../src/domain/rules/rule.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { ComparedDevices, aPeerRule, everyMs } from './peers-fixture.js';
import { type SaidReading, referenceAlarms } from './peers-reference.js';

let database: DatabaseFixture;
beforeAll(async () => {
  database = await useDatabase({ service: 'alerting', migrations, entities });
});
afterAll(() => database.dispose());

const startMs = 1_795_420_800_000;
const devices = 7;
/** The last ones have too few peers. */
const profileOf = (device: number): string => (device < 5 ? 'p' : 'q');

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(10, 10.5, 11) },
  { weight: 1, arbitrary: fc.constantFrom(40, -20) },
);
/** How long ago it was measured, as a share of the lateness; how often it comes. */
const sent = fc.record({
  value,
  back: fc.double({ min: 0, max: 1, noNaN: true }),
  seq: fc.nat(2),
  copies: fc.constantFrom(1, 1, 2),
});
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('all' as const),
      readings: fc.array(fc.option(sent, { freq: 6 }), { minLength: devices, maxLength: devices }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('one' as const), device: fc.nat(devices - 1), reading: sent }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), nth: fc.nat(50) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      gapMs: fc.constantFrom(5_000, 25_000, 45_000, 70_000, 190_000),
    }),
  },
);
const disturbance = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      place: fc.nat(1),
      count: fc.integer({ min: 1, max: 25 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'checkpoint' as const), place: fc.nat(1) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'failure' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('judge' as const), count: fc.constantFrom(1, 2) }) },
);
const rule: fc.Arbitrary<Rule> = fc
  .record({
    latenessMs: fc.constantFrom(0, 20_000, everyMs),
    forMs: fc.constantFrom(0, everyMs),
    clearForMs: fc.constantFrom(0, everyMs),
    kOfN: fc.constantFrom(undefined, { k: 2, n: 3 }),
  })
  .map(({ latenessMs, forMs, clearForMs, kOfN }) =>
    aPeerRule({ latenessMs, forMs, clear: { forMs: clearForMs }, ...(kOfN === undefined ? {} : { kOfN }) }),
  );

test('alarms are what everything that was said says, in whatever order and copies it came, and whatever was killed in between', async () => {
  let raised = 0;
  const history = fc.record({
    rule,
    steps: fc.array(step, { minLength: 20, maxLength: 50, size: 'max' }),
    disturbances: fc.array(disturbance, { minLength: 10, maxLength: 40, size: 'max' }),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ rule: one, steps, disturbances }) => {
      const compared = new ComparedDevices(database, one, { profileOf });
      const said: SaidReading[] = [];
      const nowMs = tell(compared, one, steps, said);
      await compared.begin(devices);
      for (const each of disturbances) await disturb(compared, each);
      await compared.deliverAll();
      await compared.judgeAll();
      const overMs = Math.floor((nowMs - (one.latenessMs ?? 0) - 10_000) / everyMs) * everyMs;
      const expected = referenceAlarms(one, said, profileOf, overMs);
      expect(await compared.shown()).toEqual(expected);
      raised += expected.length;
    }),
    { numRuns: 40 },
  );
  // Some histories raise none; all together say nothing only if the generators are broken.
  expect(raised).toBeGreaterThan(0);
}, 240_000);

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
type Sent = typeof sent extends fc.Arbitrary<infer One> ? One : never;

/** Writes what is said to the partitions, and down for the reference. @returns the time of the last tick */
function tell(
  compared: ComparedDevices,
  { latenessMs = 0 }: Rule,
  steps: readonly Step[],
  said: SaidReading[],
): number {
  let nowMs = startMs;
  const say = (device: number, { value: t, back, seq, copies }: Sent): void => {
    const ts = Math.round(nowMs - back * latenessMs);
    said.push({ device, ts, seq, value: t });
    for (let copy = 0; copy < copies; copy += 1) compared.report(device, nowMs, [{ ts, seq, values: { t } }]);
  };
  compared.tick(nowMs);
  for (const one of steps) {
    if (one.kind === 'one') say(one.device, one.reading);
    else if (one.kind === 'tick') compared.tick((nowMs += one.gapMs));
    else if (one.kind === 'all') {
      for (const [device, reading] of one.readings.entries()) if (reading !== null) say(device, reading);
    } else {
      const former = said[one.nth % said.length];
      if (former === undefined) continue;
      const { device, ts, seq, value: t } = former;
      compared.report(device, nowMs, [{ ts, seq, values: { t } }]);
    }
  }
  for (let nth = 0; nth < 4; nth += 1) compared.tick((nowMs += everyMs));
  return nowMs;
}

type Disturbance = typeof disturbance extends fc.Arbitrary<infer One> ? One : never;

async function disturb(compared: ComparedDevices, one: Disturbance): Promise<void> {
  switch (one.kind) {
    case 'deliver':
      return compared.deliver(one.place, one.count);
    case 'restart':
      return compared.restart(one.place);
    case 'checkpoint':
      return compared.checkpoint(one.place);
    case 'failure':
      return compared.failOnce();
    case 'judge':
      return compared.judge(one.count);
  }
}
