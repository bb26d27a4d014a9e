import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Condition, qualityMetrics, type Rule } from '../rules/rule.js';
import { decodeMemory, encodeMemory } from './device-memory-codec.js';
import type { DeviceMemory } from './device-evaluator.js';
import { PartitionEvaluator, type Surroundings } from './partition-evaluator.js';
import { type MeasuredHour, readingOfHour } from './quality-reading.js';
import { compareReadings } from './reading.js';
import { referenceTransitions } from './reference/reference-evaluator.js';
import { RuleBook } from './rule-book.js';
import type { Transition } from './transition.js';

const firstMs = Date.parse('2026-11-23T08:00:00Z');
const hourMs = 3_600_000;
const hourOf = (nth: number, parts: Partial<MeasuredHour> = {}): MeasuredHour => ({
  ...{ index: 17, version: 1, count: 58, late: 0 },
  hour: new Date(firstMs + nth * hourMs).toISOString(),
  delayMs: { avg: 187.5, max: 4_210, p95: 612 },
  ...parts,
});

describe('an hour of data quality as a reading', () => {
  test('is one of its end, with delays, and shares of what was stored and of what was expected', () => {
    expect(readingOfHour(hourOf(0, { late: 29, expected: 60, missing: 6, version: 3 }))).toEqual({
      ...{ ts: firstMs + hourMs, boot: '17', seq: 3 },
      values: {
        '$quality.delayAvgMs': 187.5,
        '$quality.delayP95Ms': 612,
        '$quality.delayMaxMs': 4_210,
        '$quality.lateShare': 0.5,
        '$quality.missingShare': 0.1,
      },
    });
  });

  test('says nothing of a share of nothing', () => {
    const { values } = readingOfHour(hourOf(0, { count: 0, expected: 0, missing: 0 }));
    expect(Object.keys(values)).toEqual(['$quality.delayAvgMs', '$quality.delayP95Ms', '$quality.delayMaxMs']);
  });
});

const limit = fc.constantFrom(0, 0.25, 0.5, 2);
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ metric: fc.constantFrom(...qualityMetrics), op: fc.constantFrom('>', '<='), value: limit }),
  fc.record({
    metric: fc.constantFrom(...qualityMetrics),
    ...{ aggregate: fc.constantFrom('max', 'count'), windowMs: fc.constant(3 * hourMs) },
    op: fc.constant('>'),
    value: limit,
  }),
) as fc.Arbitrary<Condition>;
const rule: fc.Arbitrary<Rule> = fc
  .record(
    {
      when: fc.oneof(leaf, fc.record({ all: fc.tuple(leaf, leaf) }), fc.record({ not: leaf })),
      forMs: fc.constantFrom(0, hourMs),
      kOfN: fc.constant({ k: 2, n: 3 }),
      latenessMs: fc.constantFrom(0, hourMs),
    },
    { requiredKeys: ['when'] },
  )
  .map((parts) => ({ id: 'r', version: 1, scope: {}, severity: 'minor', ...parts }));

const share = fc.integer({ min: 0, max: 4 });
/** Hours in their order, some told again with a greater version while the next one is not over. */
const hours: fc.Arbitrary<MeasuredHour[]> = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 3 }),
      versions: fc.integer({ min: 1, max: 3 }),
      late: share,
      missing: share,
    }),
    {
      ...{ minLength: 1, maxLength: 24 },
    },
  )
  .map((steps) => {
    let nth = 0;
    return steps.flatMap(({ gap, versions, late, missing }) => {
      nth += gap;
      return Array.from({ length: versions }, (_, before) =>
        hourOf(nth, { version: before + 1, count: 4, expected: 4, late: (late + before) % 5, missing }),
      );
    });
  });

function surroundingsOf(one: Rule): Surroundings {
  const book = new RuleBook(() => ({ offsetMsAt: () => 0 }));
  book.put(one);
  const facts = { device: 'd', profile: 'p', labels: {}, timeZone: 'UTC' };
  const known = { facts, limits: () => undefined, silenceMs: 3_000, revision: 1 };
  return { rulesOf: () => book, deviceOf: () => known, expectedSilenceOf: () => undefined };
}

describe('rules about data quality', () => {
  test('say what the plain reference says, whatever comes again, in any order within the lateness, with restarts', () => {
    const shuffle = fc.array(fc.nat(3), { minLength: 80, maxLength: 80 });
    fc.assert(
      fc.property(rule, hours, shuffle, fc.array(fc.nat(60)), (one, told, moves, restarts) => {
        const readings = told.map(readingOfHour);
        const copied = readings.flatMap((reading, i) => (moves[i] === 0 ? [reading, reading] : [reading]));
        const isInOrder = (one.latenessMs ?? 0) === 0;
        const arrivals = isInOrder
          ? copied
          : copied
              .map((reading, i) => ({ reading, at: reading.ts + ((moves[i] as number) % 2) * hourMs }))
              .sort((a, b) => a.at - b.at || compareReadings(a.reading, b.reading))
              .map(({ reading }) => reading);
        const surroundings = surroundingsOf(one);
        let partition = new PartitionEvaluator(surroundings, 'quality');
        const found: Transition[] = [];
        const saved = new Map<string, DeviceMemory>();
        arrivals.forEach((reading, i) => {
          if (restarts.includes(i)) {
            for (const [key, memory] of partition.changes())
              saved.set(key, decodeMemory(encodeMemory(memory as DeviceMemory)) as DeviceMemory);
            partition = new PartitionEvaluator(surroundings, 'quality');
            for (const [key, memory] of saved) partition.recall(key, memory);
          }
          partition.take('t/d', [reading], reading.ts, (_, transition) => void found.push(transition));
        });
        expect(found).toEqual(referenceTransitions(one, readings));
      }),
      { numRuns: 1_000 },
    );
  });
});
