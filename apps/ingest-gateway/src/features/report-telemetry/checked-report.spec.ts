import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { measurementReportedV1 } from '@myelin/contracts';
import type { DeviceProfile, MetricRule } from '@myelin/device-identity';
import { Problem } from '@myelin/service-kit';
import fc from 'fast-check';
import { checkedReport } from './checked-report.js';

const nowMs = 1_795_420_800_000;
const anyNumber: MetricRule = { kind: 'number', minimum: -Infinity, maximum: Infinity };
const strict: DeviceProfile = {
  profile: 'thermometer',
  storageClass: 'short',
  retentionMs: 7 * 86_400_000,
  unknownMetrics: 'refuse',
  metrics: new Map<string, MetricRule>([
    ['temperature', anyNumber],
    ['door', { ...anyNumber, kind: 'boolean' }],
  ]),
};
const keeping: DeviceProfile = { ...strict, unknownMetrics: 'keep' };

function refusedWith(body: string | Buffer, profile = strict, encoding: 'identity' | 'gzip' = 'identity'): Problem {
  try {
    checkedReport(Buffer.from(body), encoding, profile, nowMs);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('the report was accepted');
}

const names = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._:/-]{0,20}$/).filter((name) => name !== '__proto__');
const values = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => text.isWellFormed() && !text.includes('\0')),
);
const measurements = fc
  .record(
    {
      ts: fc.integer({ min: nowMs - strict.retentionMs, max: nowMs + 300_000 }),
      boot: fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/),
      seq: fc.maxSafeNat(),
      values: fc.dictionary(names, values, { minKeys: 1, maxKeys: 8, noNullPrototype: true }),
    },
    { requiredKeys: ['values'], noNullPrototype: true },
  )
  .filter(({ ts, boot, seq }) => seq === undefined || (boot !== undefined && ts !== undefined));
const reports = fc.oneof(measurements, fc.array(measurements, { minLength: 1, maxLength: 5 }));
const texts = fc
  .tuple(reports, fc.constantFrom(undefined, 1, '\t', ' \n '))
  .map(([r, gap]) => JSON.stringify(r, null, gap));

describe('a body that is accepted', () => {
  test('is forwarded byte for byte, whatever its white space and number forms, and keeps the contract', () => {
    fc.assert(
      fc.property(texts, fc.boolean(), (text, zipped) => {
        const plain = Buffer.from(text);
        const received = zipped ? gzipSync(plain) : plain;
        const report = checkedReport(received, zipped ? 'gzip' : 'identity', keeping, nowMs);
        expect(report.body.equals(plain)).toBe(true);
        const parsed: unknown = JSON.parse(report.body.toString());
        expect(measurementReportedV1.strict(parsed).ok).toBe(true);
        expect(report.count).toBe(Array.isArray(parsed) ? parsed.length : 1);
      }),
    );
  });

  test('keeps the contract also when it came from a damaged one, and anything else is refused with a problem', () => {
    const damage = fc.record({ at: fc.nat(), with: fc.constantFrom(...'{}[],:"\\0x-1e9'), cut: fc.boolean() });
    fc.assert(
      fc.property(texts, fc.array(damage, { minLength: 1, maxLength: 3 }), (text, damages) => {
        for (const { at, with: byte, cut } of damages) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + byte + (cut ? '' : text.slice(place + 1));
        }
        let accepted;
        try {
          accepted = checkedReport(Buffer.from(text), 'identity', keeping, nowMs);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
          return;
        }
        expect(measurementReportedV1.strict(JSON.parse(accepted.body.toString())).ok).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a body that is refused', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const one = '{"values":{"temperature":1}}';
  const cases: [string, string | Buffer, number, string, string?][] = [
    ['nothing', '', 400, 'malformed-json'],
    ['no JSON', 'temperature=1', 400, 'malformed-json'],
    ['truncated JSON', one.slice(0, -3), 400, 'malformed-json'],
    ['two texts', one + one, 400, 'malformed-json'],
    ['NaN', '{"values":{"temperature":NaN}}', 400, 'malformed-json'],
    ['a byte order mark', `\ufeff${one}`, 400, 'malformed-json'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'body-not-utf8'],
    ['depth 17', nested(17), 400, 'body-too-deep'],
    ['depth 200,000', nested(200_000), 400, 'body-too-deep'],
    ['a number beyond double', '{"values":{"temperature":1e999}}', 400, 'measurement-invalid', '/values/temperature'],
    ['null', 'null', 400, 'measurement-invalid', ''],
    ['a number', '1', 400, 'measurement-invalid', ''],
    ['an empty batch', '[]', 400, 'measurement-invalid', ''],
    ['no values', '{"values":{}}', 400, 'measurement-invalid', '/values'],
    ['an unknown member', '{"value":1,"values":{"temperature":1}}', 400, 'measurement-invalid', '/value'],
    [
      '__proto__ as member',
      '{"__proto__":{"a":1},"values":{"temperature":1}}',
      400,
      'measurement-invalid',
      '/__proto__',
    ],
    ['__proto__ as metric', '{"values":{"__proto__":1}}', 400, 'metric-reserved', '/values/__proto__'],
    ['a null value', '{"values":{"temperature":null}}', 400, 'measurement-invalid', '/values/temperature'],
    ['text as time', '{"ts":"now","values":{"temperature":1}}', 400, 'measurement-invalid', '/ts'],
    ['a fraction of a millisecond', '{"ts":1.5,"values":{"temperature":1}}', 400, 'measurement-invalid', '/ts'],
    ['seq without boot', `{"ts":${nowMs},"seq":1,"values":{"temperature":1}}`, 400, 'measurement-invalid', ''],
    [
      'a huge seq',
      `{"ts":${nowMs},"boot":"a","seq":1e17,"values":{"temperature":1}}`,
      400,
      'measurement-invalid',
      '/seq',
    ],
    ['a member twice', '{"values":{"temperature":1,"temperature":2}}', 400, 'duplicate-member'],
    ['a member twice, once escaped', '{"values":{"door":true,"d\\u006for":false}}', 400, 'duplicate-member'],
    [
      'the second of two',
      `[${one},{"values":{"temperature":"x"}}]`,
      400,
      'value-kind-mismatch',
      '/1/values/temperature',
    ],
    ['an unknown metric', '{"values":{"pressure":1}}', 400, 'unknown-metric', '/values/pressure'],
    ['1,001 measurements', `[${Array(1_001).fill(one).join()}]`, 413, 'too-many-measurements', '/1000'],
  ];
  test.each(cases.map(([what, body, status, type, pointer]) => ({ what, body, status, type, pointer })))(
    '$what',
    ({ body, status, type, pointer }) => {
      const problem = refusedWith(body);
      expect([problem.status, problem.type, problem.errors?.[0]?.pointer]).toEqual([status, type, pointer]);
    },
  );

  test('a name as long as the body is not sent back', () => {
    const long = 'x'.repeat(400_000);
    for (const body of [`{"${long}":1,"values":{"door":true}}`, `{"values":{"${long}":1}}`]) {
      expect(JSON.stringify(refusedWith(body, keeping).document()).length).toBeLessThan(1_000);
    }
  });

  test('257 values, while 256 are taken', () => {
    const body = (count: number): string =>
      JSON.stringify({ values: Object.fromEntries(Array.from({ length: count }, (_, nth) => [`m${nth}`, nth])) });
    expect(checkedReport(Buffer.from(body(256)), 'identity', keeping, nowMs).count).toBe(1);
    expect(refusedWith(body(257), keeping).type).toBe('too-many-values');
  });

  test('a gzip bomb, by ratio and by size, without inflating all of it', () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1_024 * 1_024, 0x20));
    expect(refusedWith(bomb, strict, 'gzip').type).toBe('body-inflates-too-much');
    const overRatio = gzipSync(Buffer.from(one + ' '.repeat(100_000)));
    expect(refusedWith(overRatio, strict, 'gzip').type).toBe('body-inflates-too-much');
  });

  test('gzip that is none, or ends too early', () => {
    expect(refusedWith(one, strict, 'gzip').type).toBe('malformed-gzip');
    expect(refusedWith(gzipSync(one).subarray(0, 30), strict, 'gzip').type).toBe('malformed-gzip');
    expect(refusedWith('', strict, 'gzip').type).toBe('malformed-gzip');
  });
});
