import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  aggregates,
  type Condition,
  type Leaf,
  operators,
  orderOperators,
  type Rule,
  type Schedule,
} from '../rules/rule.js';
import { DeviceEvaluator } from './device-evaluator.js';
import { DevicePlan } from './device-plan.js';
import { compareReadings, type Reading, type Scalar } from './reading.js';
import { referenceTransitions } from './reference/reference-evaluator.js';
import { RuleProgram } from './rule-program.js';
import type { Transition } from './transition.js';

const metrics = ['a', 'b'] as const;
const metric = fc.constantFrom(...metrics);
const windowMs = fc.constantFrom(50, 600, 1_000, 7_000);
const limit = fc.integer({ min: -2, max: 4 });

const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({ metric, op: fc.constantFrom(...operators), value: limit }),
  fc.record({ metric, op: fc.constantFrom('==', '!=' as const), value: fc.constantFrom<Scalar>('open', true) }),
  fc.record({
    metric,
    aggregate: fc.constantFrom(...aggregates),
    windowMs,
    op: fc.constantFrom(...operators),
    value: limit,
  }),
  fc.record({ metric, op: fc.constant('changed' as const) }),
  fc.record({ metric, op: fc.constant('stuck' as const), windowMs }),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('condition') }),
  ),
}));
const forMs = fc.constantFrom(0, 300, 2_000);
/** Where the device is: neither whole hours from UTC nor the zone that a schedule names. */
const timeZone = 'Asia/Kolkata';
const times = (...all: [startTime: string, endTime: string][]): Schedule['intervals'] => [
  { times: all.map(([startTime, endTime]) => ({ startTime, endTime })) },
];
/** On and off within the minutes of a history, which begins at 08:00 UTC. */
const schedule: fc.Arbitrary<Schedule> = fc.constantFrom(
  { intervals: times(['13:30', '13:31'], ['13:33', '24:00']) },
  { intervals: [...times(['13:31', '13:32']), { weekdays: ['tuesday'] }] },
  { timeZone: 'UTC', intervals: times(['08:00', '08:01'], ['08:02', '08:04']) },
  { timeZone: 'Europe/Berlin', intervals: times(['09:01', '24:00']) },
);
const rule = (id: string): fc.Arbitrary<Rule> =>
  fc
    .record(
      {
        when: condition,
        forMs,
        kOfN: fc
          .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 }))
          .map(([k, more]) => ({ k, n: k + more })),
        clear: fc.record({ when: condition, hysteresis: fc.integer({ min: 0, max: 2 }), forMs }, { requiredKeys: [] }),
        schedule,
        latenessMs: fc.constantFrom(0, 400, 3_000),
      },
      { requiredKeys: ['when'] },
    )
    .map((parts) => ({ id, version: 1, scope: {}, severity: 'major', ...parts }));

const value: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom<Scalar>('open', 'shut', true, false) },
);
/** Instants are distinct, as rules without lateness need it; values are whole numbers, so that sums are exact. */
const history: fc.Arbitrary<Reading[]> = fc
  .array(
    fc.record({
      gapMs: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 900 }) },
        { weight: 1, arbitrary: fc.integer({ min: 10_000, max: 90_000 }) },
      ),
      values: fc.dictionary(metric, value, { minKeys: 1, maxKeys: 2 }),
    }),
    {
      minLength: 1,
      maxLength: 60,
      // Long ones are the rule: what happens to an active alarm needs one.
      size: 'medium',
    },
  )
  .map((steps) => {
    let ts = 1_795_420_800_000;
    return steps.map(({ gapMs, values }, seq) => ({ ts: (ts += gapMs), boot: 'b', seq, values }));
  });

/** Brings readings into another order, none further than the lateness behind a later one, and sends some of them again. */
function scrambled(readings: readonly Reading[], latenessMs: number, nudges: readonly number[]): Reading[] {
  const copies = readings.flatMap((reading, i) => ((nudges[i] as number) % 4 === 0 ? [reading, reading] : [reading]));
  const moved = copies.map((reading, i) => ({
    reading,
    at: reading.ts + (((nudges[i] as number) * 37) % (latenessMs + 1)),
  }));
  return moved.sort((a, b) => a.at - b.at || compareReadings(a.reading, b.reading)).map(({ reading }) => reading);
}

function run(
  rules: readonly Rule[],
  arrivals: readonly Reading[],
  restarts: ReadonlySet<number> = new Set(),
): Transition[] {
  const plan = new DevicePlan(rules.map((one) => new RuleProgram(one, undefined, timeZone)));
  let device = new DeviceEvaluator(plan);
  const transitions: Transition[] = [];
  arrivals.forEach((reading, i) => {
    if (restarts.has(i)) {
      const memory = device.memory();
      device = new DeviceEvaluator(plan);
      device.recall(memory);
    }
    device.take(reading, (transition) => void transitions.push(transition));
  });
  return transitions;
}

const nudges = fc.array(fc.nat(10_000), { minLength: 130, maxLength: 130 });

describe('evaluation of rules', () => {
  test('says what the plain reference says, for any rule and any history', () => {
    fc.assert(
      fc.property(rule('r'), history, (one, readings) => {
        expect(run([one], readings)).toEqual(referenceTransitions(one, readings, timeZone));
      }),
      { numRuns: 800 },
    );
  });

  test('gives the same transitions for any order within the lateness, any copies and any restarts in between', () => {
    fc.assert(
      fc.property(rule('r'), history, nudges, fc.array(fc.nat(100)), (one, readings, moves, restarts) => {
        const arrivals = scrambled(readings, one.latenessMs ?? 0, moves);
        expect(run([one], arrivals, new Set(restarts))).toEqual(referenceTransitions(one, readings, timeZone));
      }),
      { numRuns: 800 },
    );
  });

  test('evaluates each rule of a device as if it were alone', () => {
    const rules = fc.tuple(rule('r1'), rule('r2'), rule('r3'));
    fc.assert(
      fc.property(rules, history, nudges, (all, readings, moves) => {
        const arrivals = scrambled(readings, Math.min(...all.map(({ latenessMs = 0 }) => latenessMs)), moves);
        const together = run(all, arrivals);
        for (const one of all)
          expect(together.filter((transition) => transition.rule === one.id)).toEqual(run([one], arrivals));
      }),
      { numRuns: 500 },
    );
  });

  test('what is later than the lateness is counted and changes nothing', () => {
    fc.assert(
      fc.property(rule('r'), history, fc.nat(59), fc.nat(5_000), (one, readings, place, behindMs) => {
        const at = Math.min(place, readings.length - 1);
        const { ts } = readings[at] as Reading;
        const late: Reading = { ts: ts - (one.latenessMs ?? 0) - 1 - behindMs, seq: 1_000, values: { a: 1, b: 1 } };
        const device = new DeviceEvaluator(new DevicePlan([new RuleProgram(one, undefined, timeZone)]));
        const transitions: Transition[] = [];
        const sink = (transition: Transition): void => void transitions.push(transition);
        for (const reading of readings.slice(0, at + 1)) device.take(reading, sink);
        expect(device.take(late, sink)).toEqual(['late']);
        for (const reading of readings.slice(at + 1)) device.take(reading, sink);
        expect(transitions).toEqual(run([one], readings));
      }),
    );
  });

  test.each(orderOperators)('an active alarm with %s keeps its limit eased by the hysteresis', (op) => {
    const sign = op.startsWith('>') ? 1 : -1;
    const one: Rule = {
      id: 'r',
      version: 1,
      scope: {},
      when: { metric: 'a', op, value: 0 },
      clear: { hysteresis: 5 },
      severity: 'major',
    };
    const values = [1, -4, -4.9, -6, -4, 1].map((number) => number * sign);
    const readings = values.map((a, i) => ({ ts: i + 1, values: { a } }));
    const at = run([one], readings).map(({ kind, atMs }) => [kind, atMs]);
    expect(at).toEqual([
      ['raised', 1],
      ['cleared', 4],
      ['raised', 6],
    ]);
  });

  test('outside of its schedule a rule raises nothing, and what is active is cleared with that reason at the first reading', () => {
    const one: Rule = {
      id: 'r',
      version: 1,
      scope: {},
      when: { metric: 'a', op: '>', value: 0 },
      clear: { forMs: 3_600_000 },
      // The clocks of Berlin go back on this day, at 01:00 UTC from 03:00 to 02:00.
      schedule: { timeZone: 'Europe/Berlin', intervals: times(['02:30', '03:00'], ['05:00', '06:00']) },
      severity: 'major',
    };
    const at = (utc: string): number => Date.parse(`2026-10-25T${utc}Z`);
    const moments = ['00:29:59', '00:30:00', '00:59:59', '01:00:00', '01:45:00', '02:00:00', '04:30:00', '04:59:59'];
    const found = run(
      [one],
      moments.map((utc) => ({ ts: at(utc), values: { a: 1 } })),
    );
    const ended = { kind: 'cleared', reason: 'schedule-ended' };
    expect(found).toMatchObject([
      { kind: 'raised', atMs: at('00:30:00') },
      { ...ended, startMs: at('00:30:00'), atMs: at('01:00:00') },
      { kind: 'raised', atMs: at('01:45:00') },
      { ...ended, startMs: at('01:45:00'), atMs: at('02:00:00') },
      { kind: 'raised', atMs: at('04:30:00') },
    ]);
  });

  test('a limit comes from metadata, else from its default, else the condition is unknown', () => {
    const at = (path: string, fallback?: number): Rule => ({
      id: path,
      version: 1,
      scope: {},
      severity: 'major',
      when: {
        metric: 'a',
        op: '>',
        value: { from: 'site', path, ...(fallback === undefined ? {} : { default: fallback }) },
      },
    });
    const device = new DeviceEvaluator(
      new DevicePlan([at('/known', 3), at('/default', 3), at('/nothing')].map((one) => new RuleProgram(one))),
    );
    const raised: string[] = [];
    const take = (ts: number, a: number): void =>
      void device.take({ ts, values: { a } }, ({ kind, rule: id }) => void raised.push(`${ts} ${kind} ${id}`));
    device.setLimits(({ path }) => (path === '/known' ? 10 : undefined));
    take(1, 5);
    take(2, 11);
    device.setLimits(() => undefined);
    take(3, 2);
    expect(raised).toEqual(['1 raised /default', '2 raised /known', '3 cleared /known', '3 cleared /default']);
  });
});
