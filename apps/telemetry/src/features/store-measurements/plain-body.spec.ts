import { describe, expect, test } from '@jest/globals';
import { type PayloadOf, measurementReportedV1 } from '@myelin/contracts';
import fc from 'fast-check';
import type { Values } from '../../domain/measurement.js';
import { contentOf } from './fingerprint.js';
import { readPlainBody } from './plain-body.js';

type Reported = Exclude<PayloadOf<typeof measurementReportedV1>, readonly unknown[]>;

/** What the schema and the canonical form say of a body; undefined when it is not valid. */
function parsed(body: string): unknown {
  let payload: unknown;
  try {
    payload = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!measurementReportedV1.tolerant(payload).ok) return undefined;
  return ([payload].flat() as Reported[]).map(({ ts, boot, seq, values }) => ({
    ...{ ts, boot, seq },
    content: contentOf(boot, seq, values as Values),
  }));
}

const read = (body: string): unknown => readPlainBody(Buffer.from(body));

const digits = fc.stringMatching(/^\d{1,9}$/);
const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  fc.stringMatching(/^-?\d{1,17}(\.\d{1,17})?(e-?\d{1,2})?$/),
  fc.tuple(digits, digits).map(([whole, fraction]) => `${Number(whole)}.${fraction}1`),
  fc.constantFrom('0', '-0', '0.000001', '0.0000001', '-0.0', '1.0', '01', '.5', '5.', '1e21', '-', ''),
);
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'b', 'B', 'a1', 'c.d', '__proto__') },
  fc.string({ maxLength: 4 }),
);
const valueText = fc.oneof(
  { weight: 3, arbitrary: numberText },
  { weight: 9, arbitrary: fc.constantFrom('0', '1', '-20.5', '1e3', 'true', 'false', '"open"') },
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('null', '[1]', '{"lat":1,"lon":2}', '"\\u0041"', '"a', '"\u007f"'),
);
const values = fc
  .array(fc.tuple(name, valueText), { maxLength: 4 })
  .map((list) => `{${list.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`);
const member = fc.oneof(
  numberText.map((text) => `"ts":${text}`),
  fc.constantFrom('"ts":1795420800000', '"boot":"b:1"', '"seq":7'),
  fc.constantFrom('"boot":"a/b"', '"boot":""', '"boot":"ü"', '"more":1'),
  numberText.map((text) => `"seq":${text}`),
);
const measurement = fc.tuple(fc.array(member, { maxLength: 3 }), values, fc.boolean()).map(([list, sent, ordered]) => {
  const rank = (text: string): number => ['"ts', '"bo', '"se', '"mo'].indexOf(text.slice(0, 3));
  const first = ordered ? [...list].sort((left, right) => rank(left) - rank(right)) : list;
  return `{${[...first, `"values":${sent}`].join(',')}}`;
});
const body = fc.oneof(
  measurement,
  fc.array(measurement, { maxLength: 3 }).map((list) => `[${list.join(',')}]`),
  fc.tuple(measurement, fc.constantFrom(' ', ',', '}', ']', '{', '[')).map(([text, more]) => text + more),
);

describe('a plain body', () => {
  test('is never read differently from what JSON.parse, the schema and the canonical form say', () => {
    let plain = 0;
    fc.assert(
      fc.property(body, (text) => {
        const outcome = read(text);
        if (outcome === undefined) return;
        plain += 1;
        expect(outcome).toEqual(parsed(text));
      }),
      { numRuns: 5_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  const ordinary = fc.record({
    ts: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    boot: fc.stringMatching(/^[A-Za-z0-9._:-]{1,12}$/),
    seq: fc.nat(),
    values: fc.dictionary(
      fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._:/-]{0,8}$/),
      fc.oneof(
        fc.integer(),
        fc.integer().map((hundredths) => hundredths / 100),
        fc.boolean(),
        fc.constant('open'),
      ),
      { minKeys: 1, maxKeys: 8, noNullPrototype: true },
    ),
  });

  test('is what devices usually send, in whatever order their metrics are', () => {
    fc.assert(
      fc.property(fc.array(ordinary, { minLength: 1, maxLength: 3 }), (reports) => {
        for (const text of [JSON.stringify(reports), JSON.stringify(reports[0])]) {
          const outcome = read(text);
          expect(outcome).toBeDefined();
          expect(outcome).toEqual(parsed(text));
        }
      }),
    );
  });

  test.each([
    ['{"values":{"a":1,"b":2}}', '{"a":1,"b":2}'],
    ['{"values":{"b":2,"a":1}}', '{"a":1,"b":2}'],
    ['[{"ts":5,"values":{"a":"x y/z","b":-0.5}}]', '{"a":"x y/z","b":-0.5}'],
  ])('%s', (text, canonical) => {
    expect(read(text)).toMatchObject([{ content: { valuesJson: canonical } }]);
  });

  test.each([
    ['a blank', '{"values":{"a": 1}}'],
    ['a name that comes twice', '{"values":{"a":1,"a":2}}'],
    ['no value', '{"values":{}}'],
    ['a number that JavaScript writes otherwise', '{"values":{"a":1.10}}'],
    ['more digits than a double tells apart', '{"values":{"a":0.12345678901234567}}'],
    ['seq without boot', '{"ts":1,"seq":1,"values":{"a":1}}'],
    ['an unknown member', '{"values":{"a":1},"more":1}'],
    ['an escape', '{"values":{"a":"\\n"}}'],
    [
      'more values than allowed',
      `{"values":{${Array.from({ length: 257 }, (_, index) => `"a${index}":1`).join(',')}}}`,
    ],
    ['a text that is too long', `{"values":{"a":"${'x'.repeat(1_025)}"}}`],
    ['an end that is missing', '{"values":{"a":1'],
    ['something behind it', '{"values":{"a":1}}}'],
    ['nothing', ''],
  ])('is not one with %s', (_, text) => {
    expect(read(text)).toBeUndefined();
  });
});
