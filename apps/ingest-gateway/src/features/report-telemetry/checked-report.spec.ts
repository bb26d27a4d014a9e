import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { measurementReportedV1 } from '@myelin/contracts';
import { deviceId } from '@myelin/kernel';
import type { DeviceProfile, MetricRule } from '@myelin/device-identity';
import type { ContentCoding, ReportMediaType } from '@myelin/encodings';
import { Problem } from '@myelin/service-kit';
import fc from 'fast-check';
import { type CanonicalReport, checkedReport } from './checked-report.js';

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

interface Sent {
  readonly profile?: DeviceProfile;
  readonly mediaType?: ReportMediaType;
  readonly coding?: ContentCoding;
}

function check(body: string | Buffer, { profile = strict, ...sent }: Sent = {}): CanonicalReport {
  const received = { bytes: Buffer.from(body), mediaType: 'application/json', coding: 'identity', ...sent } as const;
  return checkedReport(received, { device: deviceId('sensor-1'), profile }, nowMs);
}

function refusedWith(body: string | Buffer, sent: Sent = {}): Problem {
  try {
    check(body, sent);
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
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 20 }),
  fc.record(
    { lat: fc.integer({ min: -90, max: 90 }), lon: fc.integer({ min: -180, max: 180 }), alt: fc.integer() },
    { requiredKeys: ['lat', 'lon'], noNullPrototype: true },
  ),
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
        const report = check(received, { profile: keeping, coding: zipped ? 'gzip' : 'identity' });
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
          accepted = check(text, { profile: keeping });
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
      expect(JSON.stringify(refusedWith(body, { profile: keeping }).document()).length).toBeLessThan(1_000);
    }
  });

  test('257 values, while 256 are taken', () => {
    const body = (count: number): string =>
      JSON.stringify({ values: Object.fromEntries(Array.from({ length: count }, (_, nth) => [`m${nth}`, nth])) });
    expect(check(body(256), { profile: keeping }).count).toBe(1);
    expect(refusedWith(body(257), { profile: keeping }).type).toBe('too-many-values');
  });

  test('a gzip bomb, by ratio and by size, without inflating all of it', () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1_024 * 1_024, 0x20));
    expect(refusedWith(bomb, { coding: 'gzip' }).type).toBe('body-inflates-too-much');
    const overRatio = gzipSync(Buffer.from(one + ' '.repeat(100_000)));
    expect(refusedWith(overRatio, { coding: 'gzip' }).type).toBe('body-inflates-too-much');
  });

  test('gzip that is none, or ends too early', () => {
    expect(refusedWith(one, { coding: 'gzip' }).type).toBe('malformed-gzip');
    expect(refusedWith(gzipSync(one).subarray(0, 30), { coding: 'gzip' }).type).toBe('malformed-gzip');
    expect(refusedWith('', { coding: 'gzip' }).type).toBe('malformed-gzip');
  });
});

describe('other encodings', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const text = (value: string): string => (0x60 + value.length).toString(16) + Buffer.from(value).toString('hex');
  const cbor = (values: string): Buffer => hex(`81a1 ${text('values')} ${values}`);
  const celsius: DeviceProfile = {
    ...strict,
    metrics: new Map([...strict.metrics, ['temperature', { ...anyNumber, unit: 'Cel', maximum: 85 }]]),
  };

  test('CBOR and SenML become the canonical body, which is checked and flagged as JSON is', () => {
    const body = cbor(`a2 ${text('temperature')} 1864 ${text('door')} f5`);
    expect(check(body, { profile: celsius, mediaType: 'application/cbor' })).toEqual({
      body: Buffer.from('[{"values":{"temperature":100,"door":true}}]'),
      count: 1,
      outOfRange: '0:temperature',
    });
    const pack = `[{"bn":"sensor-1:","bt":${nowMs / 1_000},"n":"temperature","u":"Cel","v":21.5},{"n":"door","vb":true,"t":-1}]`;
    const compressed = zstdCompressSync(pack);
    expect(check(compressed, { profile: celsius, mediaType: 'application/senml+json', coding: 'zstd' })).toEqual({
      body: Buffer.from(
        `[{"ts":${nowMs},"values":{"temperature":21.5}},{"ts":${nowMs - 1_000},"values":{"door":true}}]`,
      ),
      count: 2,
      outOfRange: '',
    });
  });

  const senml = (records: string): Sent & { body: string } => ({ body: records, mediaType: 'application/senml+json' });
  const cases: [string, Sent & { body: string | Buffer }, number, string, string?][] = [
    ['CBOR that is cut off', { body: hex('81a1'), mediaType: 'application/cbor' }, 400, 'malformed-cbor', '/0'],
    [
      'NaN',
      { body: cbor(`a1 ${text('door')} f97e00`), mediaType: 'application/cbor' },
      400,
      'number-not-finite',
      '/0/values/door',
    ],
    [
      'the second of two keys',
      { body: cbor(`a2 ${text('door')} f5 ${text('door')} f4`), mediaType: 'application/cbor' },
      400,
      'duplicate-member',
      '/0/values/door',
    ],
    [
      'null',
      { body: cbor(`a1 ${text('door')} f6`), mediaType: 'application/cbor' },
      400,
      'measurement-invalid',
      '/0/values/door',
    ],
    ['an empty pack', senml('[]'), 400, 'measurement-invalid', ''],
    ['the kind of a value', senml('[{"bt":1},{"n":"door","v":1}]'), 400, 'value-kind-mismatch', '/1/v'],
    ['an unknown metric', senml('[{"n":"door","vb":true},{"n":"dor","vb":true}]'), 400, 'unknown-metric', '/1/n'],
    ['an unknown metric of another', senml('[{"bn":"sensor-2:","n":"dor","vb":true}]'), 400, 'unknown-metric', '/0/bn'],
    ['another device', senml('[{"bn":"sensor-2:"},{"n":"door","vb":true}]'), 400, 'senml-other-device', '/0/bn'],
    ['another device in a name', senml('[{"n":"a/b:door","vb":true}]'), 400, 'senml-other-device', '/0/n'],
    ['a time ahead', senml('[{"n":"door","vb":true},{"n":"door","vb":true,"t":900}]'), 400, 'ts-too-far-ahead', '/1'],
    ['another unit', senml('[{"n":"temperature","u":"K","v":294}]'), 400, 'unit-mismatch', '/0/u'],
    [
      '1,001 times',
      senml(`[${Array.from({ length: 1_001 }, (_, nth) => `{"n":"door","vb":true,"t":-${nth + 1}}`).join()}]`),
      413,
      'too-many-measurements',
      '/1000',
    ],
    ['a text that is too long', senml(`[{"n":"a","vs":"${'x'.repeat(1_025)}"}]`), 400, 'measurement-invalid', '/0/vs'],
    ['zstd that is none', { body: '[]', coding: 'zstd' }, 400, 'malformed-zstd'],
    [
      'a zstd bomb',
      { body: zstdCompressSync(Buffer.alloc(1_000_000, 0x20)), coding: 'zstd' },
      413,
      'body-inflates-too-much',
    ],
  ];
  test.each(cases.map(([what, sent, status, type, pointer]) => ({ what, sent, status, type, pointer })))(
    '$what is refused with $type, at its place in what was received',
    ({ sent: { body, ...sent }, status, type, pointer }) => {
      const problem = refusedWith(body, { profile: celsius, ...sent });
      expect([problem.status, problem.type, problem.errors?.[0]?.pointer]).toEqual([status, type, pointer]);
    },
  );
});
