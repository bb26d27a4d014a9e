import { describe, expect, test } from '@jest/globals';
import { maxTextLength, measurementReportedV1 } from '@myelin/contracts';
import { encode } from 'cbor2';
import fc from 'fast-check';
import { decodeReport, type DecodedReport, type ReportContext } from './decode-report.js';
import { EncodingFault } from './encoding-fault.js';
import type { ReportMediaType } from './media-types.js';
import { senmlFields, type SenmlLabel } from './senml/senml-labels.js';

const nowMs = 1_795_420_800_000;
const context: ReportContext = {
  device: 'sensor-1',
  nowMs,
  unitOf: () => undefined,
  maxDepth: 16,
  maxBytes: 512 * 1_024,
};

type Sent = { ts?: number; boot?: string; seq?: number; values: Record<string, unknown> };

const metrics = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,20}$/);
const scalar = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  fc.integer(),
  fc.boolean(),
  fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => text.isWellFormed() && text.length <= maxTextLength),
);
const array = fc.array(
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  {
    minLength: 1,
    maxLength: 20,
  },
);
const position = fc.record(
  { lat: fc.integer({ min: -90, max: 90 }), lon: fc.integer({ min: -180, max: 180 }), acc: fc.nat() },
  { requiredKeys: ['lat', 'lon'], noNullPrototype: true },
);
const ts = fc.integer({ min: 1_700_000_000_000, max: nowMs });
const full: fc.Arbitrary<Sent> = fc
  .record(
    {
      ts,
      boot: fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/),
      seq: fc.maxSafeNat(),
      values: fc.dictionary(metrics, fc.oneof(scalar, array, position), {
        minKeys: 1,
        maxKeys: 8,
        noNullPrototype: true,
      }),
    },
    { requiredKeys: ['values'], noNullPrototype: true },
  )
  .filter(({ ts, boot, seq }) => seq === undefined || (boot !== undefined && ts !== undefined));
const scalarsOnly: fc.Arbitrary<Sent[]> = fc.uniqueArray(
  fc.record({ ts, values: fc.dictionary(metrics, scalar, { minKeys: 1, maxKeys: 8, noNullPrototype: true }) }),
  { selector: ({ ts }) => ts, minLength: 1, maxLength: 5 },
);

const cborOf = (report: unknown, typed: boolean): Buffer =>
  Buffer.from(
    encode(
      JSON.parse(JSON.stringify(report), (_key, value: unknown) =>
        typed && Array.isArray(value) && value.every((item) => typeof item === 'number')
          ? Float64Array.from(value)
          : value,
      ),
    ),
  );
const senmlOf = (report: readonly Sent[]): Record<string, unknown>[] =>
  report.flatMap(({ ts = 0, values }) =>
    Object.entries(values).map(([n, value]) => ({
      n,
      t: ts / 1_000,
      [{ number: 'v', boolean: 'vb', string: 'vs' }[typeof value as 'number' | 'boolean' | 'string']]: value,
    })),
  );
const senmlCborOf = (pack: readonly Record<string, unknown>[]): Buffer =>
  Buffer.from(
    encode(
      pack.map(
        (record) =>
          new Map(Object.entries(record).map(([label, value]) => [senmlFields[label as SenmlLabel].cbor, value])),
      ),
    ),
  );

function read(received: Buffer, mediaType: ReportMediaType): DecodedReport {
  return decodeReport(received, mediaType, context);
}

function faultOf(received: Buffer | string, mediaType: ReportMediaType): [string, string | undefined] {
  try {
    read(Buffer.from(received), mediaType).body();
  } catch (error) {
    if (error instanceof EncodingFault) return [error.faultName, error.pointer];
    throw error;
  }
  throw new Error('was read');
}

describe('one report, however it is written', () => {
  test('is the same canonical body from JSON and from CBOR, with arrays as they are or typed', () => {
    fc.assert(
      fc.property(fc.oneof(full, fc.array(full, { minLength: 1, maxLength: 4 })), fc.boolean(), (report, typed) => {
        const { value, body } = read(cborOf(report, typed), 'application/cbor');
        expect(measurementReportedV1.strict(value).ok).toBe(true);
        expect(JSON.parse(body().toString())).toEqual(JSON.parse(JSON.stringify(report)));
      }),
    );
  });

  test('is the same canonical body from SenML in JSON and in CBOR, and what was meant', () => {
    fc.assert(
      fc.property(scalarsOnly, (report) => {
        const pack = senmlOf(report);
        const fromJson = read(Buffer.from(JSON.stringify(pack)), 'application/senml+json');
        const fromCbor = read(senmlCborOf(pack), 'application/senml+cbor');
        expect(measurementReportedV1.strict(fromJson.value).ok).toBe(true);
        expect(fromCbor.body()).toEqual(fromJson.body());
        expect(JSON.parse(fromJson.body().toString())).toEqual(JSON.parse(JSON.stringify(report)));
      }),
    );
  });

  test('received twice, it is the same bytes, so that the second is found to be a duplicate', () => {
    const report = [{ ts: nowMs, values: { 2: true, 1: 'x', b: 21.5, a: [1, 2] } }];
    const twice = (received: Buffer, type: ReportMediaType): [Buffer, Buffer] => [
      decodeReport(received, type, context).body(),
      decodeReport(Buffer.from(received), type, { ...context, nowMs: nowMs + 60_000 }).body(),
    ];
    const pack = senmlOf([{ ts: nowMs, values: { 2: true, 1: 'x', b: 21.5 } }]);
    for (const [first, second] of [
      twice(cborOf(report, true), 'application/cbor'),
      twice(Buffer.from(JSON.stringify(pack)), 'application/senml+json'),
      twice(senmlCborOf(pack), 'application/senml+cbor'),
    ]) {
      expect(second).toEqual(first);
    }
  });
});

describe('JSON', () => {
  test('is forwarded as it came, with a count of its members', () => {
    const text = Buffer.from('{ "values":{"a":1,"a":2,"b":-0.50e1} }');
    const report = read(text, 'application/json');
    expect(report.body()).toBe(text);
    expect(report.members).toBe(4);
    expect(report.pointerOf('/values/a')).toBe('/values/a');
  });

  test.each<[string, string | Buffer, string]>([
    ['nothing', '', 'malformed-json'],
    ['NaN', '[{"n":"a","v":NaN}]', 'malformed-json'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'body-not-utf8'],
    ['17 levels', '['.repeat(17) + ']'.repeat(17), 'body-too-deep'],
  ])('%s is refused, as SenML too', (_what, text, fault) => {
    expect(faultOf(text, 'application/json')[0]).toBe(fault);
    expect(faultOf(text, 'application/senml+json')[0]).toBe(fault);
  });

  test('a label that comes twice in a record is refused', () => {
    expect(faultOf('[{"n":"a","v":1,"v":2}]', 'application/senml+json')[0]).toBe('duplicate-member');
    expect(faultOf('[{"n":"a","v":1,"x":{"y":[{"z":1,"z":2}]}}]', 'application/senml+json')[0]).toBe(
      'duplicate-member',
    );
  });
});

describe('CBOR', () => {
  const time = Buffer.from('c11a514b67b0', 'hex');
  const around = (hex: string): Buffer => Buffer.concat([Buffer.from(hex, 'hex'), time]);

  test('a time may stand in ts, of one measurement and of many, and nowhere else', () => {
    expect(read(around('a1627473'), 'application/cbor').value).toEqual({ ts: 1_363_896_240_000 });
    expect(read(around('81a1627473'), 'application/cbor').value).toEqual([{ ts: 1_363_896_240_000 }]);
    for (const [place, pointer] of [
      ['', ''],
      ['81', '/0'],
      ['a163736571', '/seq'],
      ['a16161a1627473', '/a/ts'],
      ['a16676616c756573a1627473', '/values/ts'],
    ] as const) {
      expect(faultOf(around(place), 'application/cbor')).toEqual(['tag-not-supported', pointer]);
    }
  });

  test('the body that it becomes is no larger than others may be', () => {
    // 2 bytes of a half float become up to 22 characters.
    const halves = Buffer.alloc(2 * 40_000, '0401', 'hex');
    const head = Buffer.from('a16676616c756573a16176d8505a00013880', 'hex');
    expect(halves).toHaveLength(0x13880);
    expect(faultOf(Buffer.concat([head, halves]), 'application/cbor')).toEqual(['body-too-large', undefined]);
  });
});

describe('SenML in CBOR', () => {
  test('labels that are not known are passed over, whatever their values are', () => {
    const pack = [
      new Map<unknown, unknown>([
        [0, 'a'],
        [2, 1],
        ['ct', Buffer.from('x')],
        [99, NaN],
        ['x', new Map([[1, undefined]])],
      ]),
    ];
    expect(read(Buffer.from(encode(pack)), 'application/senml+cbor').value).toEqual([{ values: { a: 1 } }]);
  });

  test.each<[string, [unknown, unknown][], string, string]>([
    [
      'a label in letters',
      [
        ['n', 'a'],
        [2, 1],
      ],
      'senml-record-invalid',
      '/0',
    ],
    [
      'a label that must be understood',
      [
        [0, 'a'],
        [2, 1],
        ['must_', 1],
      ],
      'senml-must-understand',
      '/0/must_',
    ],
    [
      'data',
      [
        [0, 'a'],
        [8, Buffer.from('x')],
      ],
      'bytes-not-supported',
      '/0/vd',
    ],
    [
      'NaN',
      [
        [0, 'a'],
        [2, NaN],
      ],
      'number-not-finite',
      '/0/v',
    ],
    [
      'an array',
      [
        [0, 'a'],
        [2, [1]],
      ],
      'senml-record-invalid',
      '/0/v',
    ],
    [
      'a date',
      [
        [0, 'a'],
        [2, 1],
        [6, new Date(0)],
      ],
      'tag-not-supported',
      '/0/t',
    ],
  ])('%s is refused', (_what, record, fault, pointer) => {
    expect(faultOf(Buffer.from(encode([new Map(record)])), 'application/senml+cbor')).toEqual([fault, pointer]);
  });
});
