import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimalOf, decimalText } from './exact-decimal.js';
import { ValueMoments } from './value-moments.js';

const decimal = fc
  .record({ digits: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), scale: fc.integer({ min: 0, max: 25 }) })
  .map(({ digits, scale }) => decimalText(digits, scale));

test('a decimal comes back from its text as it was', () => {
  fc.assert(
    fc.property(decimal, (text) => {
      const { digits, scale } = decimalOf(text);
      expect(decimalText(digits, scale)).toBe(text);
    }),
  );
  expect(decimalOf('-0.25')).toEqual({ digits: -25n, scale: 2 });
  expect(decimalText(-5n, 3)).toBe('-0.005');
  expect(decimalText(0n, 2)).toBe('0.00');
});

/** Everything over one denominator, and each moment by its definition. */
function byDefinition(values: readonly { readonly ms: number; readonly text: string }[]) {
  const unit = 25;
  const of = (text: string): bigint => decimalOf(text).digits * 10n ** BigInt(unit - decimalOf(text).scale);
  const all = values.map(({ ms, text }) => ({ ms: BigInt(ms), value: of(text) }));
  const sum = (terms: readonly bigint[]): bigint => terms.reduce((total, term) => total + term, 0n);
  const steps = all.slice(1).map((next, nth) => ({ before: all[nth] as (typeof all)[0], next }));
  const sorted = all.map(({ value }) => value).sort((a, b) => (a < b ? -1 : 1));
  const resets = steps.filter(({ before, next }) => next.value < before.value);
  return {
    ...{ count: BigInt(all.length), resets: BigInt(resets.length) },
    ...{
      sum: sum(all.map(({ value }) => value)),
      min: sorted[0],
      max: sorted.at(-1),
      first: all[0]?.value,
      last: all.at(-1)?.value,
    },
    sum_squares: sum(all.map(({ value }) => value * value)),
    area: sum(steps.map(({ before, next }) => before.value * (next.ms - before.ms))),
    increase: sum(
      steps.map(({ before, next }) => (next.value < before.value ? next.value : next.value - before.value)),
    ),
    ...{
      sum_t: sum(all.map(({ ms }) => ms)),
      sum_tt: sum(all.map(({ ms }) => ms * ms)),
      sum_tv: sum(all.map(({ ms, value }) => ms * value)),
    },
  };
}

test('moments are exactly what their definitions say, whatever the sizes of the values', () => {
  const history = fc
    .uniqueArray(fc.integer({ min: 0, max: 3_600_000 }), { minLength: 1, maxLength: 30 })
    .chain((times) =>
      fc
        .array(decimal, { minLength: times.length, maxLength: times.length })
        .map((texts) => [...times].sort((a, b) => a - b).map((ms, nth) => ({ ms, text: texts[nth] as string }))),
    );
  fc.assert(
    fc.property(history, (values) => {
      const moments = new ValueMoments();
      for (const { ms, text } of values) moments.add(ms, ms, decimalOf(text));
      const texts = moments.texts();
      const expected = byDefinition(values);
      const inUnits = (text: string, unit: number): bigint => {
        const { digits, scale } = decimalOf(text);
        return digits * 10n ** BigInt(unit - scale);
      };
      const units = { count: 0, resets: 0, sum_t: 0, sum_tt: 0, sum_squares: 50 } as const;
      for (const [name, value] of Object.entries(expected)) {
        const unit = (units as Readonly<Record<string, number>>)[name] ?? 25;
        expect({ name, value: inUnits(texts[name as keyof typeof texts], unit) }).toEqual({ name, value });
      }
      expect([texts.first_ms, texts.last_ms]).toEqual([values[0]?.ms, values.at(-1)?.ms].map(String));
    }),
  );
});
