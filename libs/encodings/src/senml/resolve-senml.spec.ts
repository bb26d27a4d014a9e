import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EncodingFault } from '../encoding-fault.js';
import { resolveSenml, type SenmlContext } from './resolve-senml.js';

const nowMs = 1_795_420_800_000;
const context: SenmlContext = {
  device: 'urn:dev:ow:10e2073a01080063',
  nowMs,
  unitOf: (metric) => (metric === 'temperature' ? 'Cel' : undefined),
};
const measurements = (pack: unknown, device = 'sensor-1'): unknown =>
  resolveSenml(pack, { ...context, device }).measurements;

function faultOf(pack: unknown, device = 'sensor-1'): [string, string | undefined] {
  try {
    resolveSenml(pack, { ...context, device });
  } catch (error) {
    if (error instanceof EncodingFault) return [error.faultName, error.pointer];
    throw error;
  }
  throw new Error('was taken');
}

describe('bases', () => {
  test('hold for their record and all behind it, until another of the same kind', () => {
    const pack = [
      { bn: 'a', bt: 1e9, bv: 100, bs: 1_000, n: '1', v: 1 },
      { n: '2', v: 2, t: 1 },
      { bn: 'b', n: '3', v: 3, t: 1 },
      { bv: -100, n: '4', v: 4, t: 1 },
    ];
    expect(measurements(pack)).toEqual([
      { ts: 1e12, values: { a1: 101, 'a1.sum': 1_000 } },
      { ts: 1e12 + 1_000, values: { a2: 102, 'a2.sum': 1_000, b3: 103, 'b3.sum': 1_000, b4: -96, 'b4.sum': 1_000 } },
    ]);
  });

  test('an empty base name ends one', () => {
    expect(measurements([{ bn: 'a' }, { bn: '', n: 'b', v: 1 }])).toEqual([{ values: { b: 1 } }]);
  });

  test('apply to numbers only: text and booleans have no base', () => {
    expect(
      measurements([
        { bv: 5, bs: 6, n: 'a', vs: 'x' },
        { n: 'b', vb: true },
      ]),
    ).toEqual([{ values: { a: 'x', b: true } }]);
  });
});

describe('sums', () => {
  test('are the metric with .sum, beside a value or alone, with their base', () => {
    const pack = [
      { n: 'power', v: 120, s: 3_600 },
      { bs: 10, n: 'flow', s: 5 },
      { n: 'gas', s: 0 },
    ];
    expect(measurements(pack)).toEqual([{ values: { power: 120, 'power.sum': 3_600, 'flow.sum': 15, 'gas.sum': 10 } }]);
  });
});

describe('times', () => {
  test('below 2^28 s count from the receive time, others from the epoch; zero is a measurement without a time', () => {
    const at = (t: number): unknown => measurements([{ n: 'a', v: 1, t }]);
    expect(at(0)).toEqual([{ values: { a: 1 } }]);
    expect(at(-5)).toEqual([{ ts: nowMs - 5_000, values: { a: 1 } }]);
    expect(at(0.02)).toEqual([{ ts: nowMs + 20, values: { a: 1 } }]);
    expect(at(2 ** 28 - 1)).toEqual([{ ts: nowMs + (2 ** 28 - 1) * 1_000, values: { a: 1 } }]);
    expect(at(2 ** 28)).toEqual([{ ts: 2 ** 28 * 1_000, values: { a: 1 } }]);
    expect(measurements([{ bt: 2 ** 28, t: -1, n: 'a', v: 1 }])).toEqual([
      { ts: nowMs + (2 ** 28 - 1) * 1_000, values: { a: 1 } },
    ]);
    expect(at(1_276_020_076.0014)).toEqual([{ ts: 1_276_020_076_001, values: { a: 1 } }]);
  });

  test('values of one millisecond are one measurement, in the order in which the times come', () => {
    const pack = [
      { bt: 1e9, n: 'a', v: 1, t: 1 },
      { n: 'a', v: 2 },
      { n: 'b', v: 3, t: 1.0004 },
    ];
    expect(measurements(pack)).toEqual([
      { ts: 1e12 + 1_000, values: { a: 1, b: 3 } },
      { ts: 1e12, values: { a: 2 } },
    ]);
    expect(faultOf([...pack, { n: 'b', v: 3, t: 1 }])).toEqual(['senml-name-twice', '/3/v']);
  });
});

describe('names', () => {
  test.each([
    ['urn:dev:ow:10e2073a01080063:', 'temp', 'temp'],
    ['urn:dev:ow:10e2073a01080063/', 'temp', 'temp'],
    ['urn:dev:ow:10e2073a01080063', ':temp', 'temp'],
    ['', 'urn:dev:ow:10e2073a01080063:temp', 'temp'],
    ['urn:dev:mac:0024befffe804ff1:', 'room/temp', 'room/temp'],
    ['urn:dev:os:32473-123456_rear:', 'temp', 'temp'],
    ['sensor-1:', 'temp', 'temp'],
    ['sensor-1/', 'a/b', 'a/b'],
    ['sensor-1', '', 'sensor-1'],
    ['sensor-1:', '', 'sensor-1:'],
    ['sensor-10:', 'temp', 'sensor-10:temp'],
    ['urn:dev:ow:10e2073a01080063:', '', 'urn:dev:ow:10e2073a01080063:'],
    ['urn:uuid:f81d4fae/', 'temp', 'urn:uuid:f81d4fae/temp'],
    ['2001:db8::2/', '3311/0/5850', '2001:db8::2/3311/0/5850'],
  ])('base name %j and name %j are the metric %s', (bn, n, metric) => {
    expect(measurements([{ bn, n, v: 1 }])).toEqual([{ values: { [metric]: 1 } }]);
  });

  test('a device may be registered by its URN, and names it by parts that a URN alone would not tell', () => {
    const device = 'urn:dev:example:new-1-2:3';
    expect(measurements([{ bn: `${device}:`, n: 'temp', v: 1 }], device)).toEqual([{ values: { temp: 1 } }]);
  });

  test('a pack tells of one device', () => {
    const [one, other] = ['urn:dev:ow:1:', 'urn:dev:ow:2:'];
    expect(
      faultOf([
        { bn: one, n: 'a', v: 1 },
        { bn: other, n: 'b', v: 1 },
      ]),
    ).toEqual(['senml-several-devices', '/1']);
    expect(
      faultOf([
        { n: 'sensor-1:a', v: 1 },
        { n: `${one}b`, v: 1 },
      ]),
    ).toEqual(['senml-several-devices', '/1']);
    expect(
      measurements([
        { n: `${one}a`, v: 1 },
        { n: 'b', v: 2 },
      ]),
    ).toEqual([{ values: { a: 1, b: 2 } }]);
  });

  test.each([
    ['nothing', {}],
    ['a space', { n: 'a b' }],
    ['a percent sign', { n: '%RH' }],
    ['a slash in front', { bn: '/3303/0/', n: '5700' }],
    ['an underscore in front', { n: '_a' }],
    ['a letter that is not of ASCII', { n: 'ä' }],
    ['no metric behind the device', { bn: 'sensor-1:', n: '-a' }],
    ['258 characters', { bn: 'a'.repeat(200), n: 'b'.repeat(58) }],
    ['a metric of 129 characters', { bn: 'sensor-1:', n: 'b'.repeat(129) }],
  ])('%s is no name', (_what, names) => {
    expect(
      faultOf([
        { n: 'first', v: 0 },
        { ...names, v: 1 },
      ]),
    ).toEqual(['senml-name-invalid', '/1']);
  });

  test('__proto__ behind a device is a metric like others', () => {
    const [measurement] = measurements([{ n: 'sensor-1:__proto__', v: 1 }]) as [{ values: object }];
    expect(Object.keys(measurement.values)).toEqual(['__proto__']);
  });
});

describe('records that are refused', () => {
  test.each<[string, unknown, string, string | undefined]>([
    ['no array', { n: 'a', v: 1 }, 'senml-record-invalid', ''],
    ['no object', [1], 'senml-record-invalid', '/0'],
    ['null', [null], 'senml-record-invalid', '/0'],
    ['an array in it', [[]], 'senml-record-invalid', '/0'],
    ['neither value nor sum', [{ n: 'a' }], 'senml-record-invalid', '/0'],
    ['nothing', [{}], 'senml-record-invalid', '/0'],
    ['only what is not known', [{ x: 1 }], 'senml-record-invalid', '/0'],
    ['a base value but no value', [{ bv: 1, n: 'a' }], 'senml-record-invalid', '/0'],
    ['two values', [{ n: 'a', v: 1, vs: 'x' }], 'senml-record-invalid', '/0/vs'],
    ['text as value', [{ n: 'a', v: '1' }], 'senml-record-invalid', '/0/v'],
    ['a number as text', [{ n: 'a', vs: 1 }], 'senml-record-invalid', '/0/vs'],
    ['a number as boolean', [{ n: 'a', vb: 1 }], 'senml-record-invalid', '/0/vb'],
    ['text as time', [{ n: 'a', v: 1, t: 'now' }], 'senml-record-invalid', '/0/t'],
    ['null as name', [{ n: null, v: 1 }], 'senml-record-invalid', '/0/n'],
    ['text as update time', [{ n: 'a', v: 1, ut: '1' }], 'senml-record-invalid', '/0/ut'],
    ['data', [{ n: 'a', vd: 'aGkgCg' }], 'bytes-not-supported', '/0/vd'],
    ['a number beyond a double', [{ n: 'a', v: Infinity }], 'number-not-finite', '/0/v'],
    ['a value that is too large with its base', [{ bv: 1e308, n: 'a', v: 1e308 }], 'number-not-finite', '/0/v'],
    ['a sum that is too large with its base', [{ bs: 1e308, n: 'a', s: 1e308 }], 'number-not-finite', '/0/s'],
    ['a label that must be understood', [{ n: 'a', v: 1, must_: 1 }], 'senml-must-understand', '/0/must_'],
    ['version 11', [{ bver: 11, n: 'a', v: 1 }], 'senml-version-not-supported', '/0/bver'],
    ['version 0', [{ bver: 0, n: 'a', v: 1 }], 'senml-version-not-supported', '/0/bver'],
    ['version 9.5', [{ bver: 9.5, n: 'a', v: 1 }], 'senml-version-not-supported', '/0/bver'],
    [
      'two versions',
      [
        { n: 'a', v: 1 },
        { bver: 5, n: 'b', v: 1 },
      ],
      'senml-record-invalid',
      '/1/bver',
    ],
    ['another unit', [{ n: 'temperature', u: 'K', v: 294 }], 'unit-mismatch', '/0/u'],
    ['another base unit', [{ bu: 'K' }, { n: 'temperature', v: 294 }], 'unit-mismatch', '/1'],
    [
      'a sum by the name of a metric',
      [
        { n: 'a.sum', v: 1 },
        { n: 'a', s: 1 },
      ],
      'senml-name-twice',
      '/1/s',
    ],
  ])('%s', (_what, pack, name, pointer) => {
    expect(faultOf(pack)).toEqual([name, pointer]);
  });

  test('a label that must be understood is not sent back when it is as long as the body', () => {
    expect(faultOf([{ n: 'a', v: 1, [`${'x'.repeat(500)}_`]: 1 }])).toEqual(['senml-must-understand', '/0']);
  });
});

test('what is not known is ignored; update times, version 26 and units that agree are taken', () => {
  const pack = [
    { bver: 26, bu: 'Cel', n: 'temperature', v: 21.5, ut: 60, ct: 'x', nested: { a: [1] } },
    { n: 'humidity', u: '%RH', v: 40 },
    { n: 'temperature', s: 5, u: 'K', t: 2e9 },
  ];
  expect(measurements(pack)).toEqual([
    { values: { temperature: 21.5, humidity: 40 } },
    { ts: 2e12, values: { 'temperature.sum': 5 } },
  ]);
});

test('a pointer into the measurements leads to the record, and to its field', () => {
  const { pointerOf } = resolveSenml(
    [{ bt: 1e9 }, { n: 'a/b', v: 1 }, { n: 'c', vs: 'x', t: 1 }, { n: 'd', s: 2, t: 1 }],
    context,
  );
  expect(
    ['', '/0', '/0/ts', '/0/values', '/0/values/a~1b', '/1/values/c', '/1/values/d.sum', '/7'].map(pointerOf),
  ).toEqual(['', '/1', '/1', '/1', '/1/v', '/2/vs', '/3/s', '']);
});

test('a pointer to a name leads to where the metric begins: to the base name of this or an earlier record, or to the name', () => {
  const { namePointerOf } = resolveSenml(
    [
      { bn: 'hall/', bt: 1e9 },
      { n: 'a', v: 1 },
      { bn: 'sensor-1:', n: 'b', v: 1, s: 2 },
      { n: 'c', v: 1 },
      { bn: '', n: 'hall/d', v: 1 },
    ],
    { ...context, device: 'sensor-1' },
  );
  const pointers = ['hall~1a', 'b', 'b.sum', 'c', 'hall~1d'].map((metric) => namePointerOf(`/0/values/${metric}`));
  expect(pointers).toEqual(['/0/bn', '/2/n', '/2/n', '/3/n', '/4/n']);
  expect(['', '/0', '/0/ts'].map(namePointerOf)).toEqual(['', '/1', '/1']);
});

/** A measurement, and the many ways to write it as records: what is in a base, and what in the record. */
describe('however values are spread over bases and records', () => {
  const names = fc.constantFrom('temperature', 'humidity', 'door', 'state', 'power');
  const instants = fc.uniqueArray(
    fc.record({
      ms: fc.integer({ min: 1_700_000_000_000, max: 1_795_420_800_000 }),
      values: fc.dictionary(
        names,
        fc.oneof(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.boolean(), fc.string({ maxLength: 5 })),
        { minKeys: 1, maxKeys: 5, noNullPrototype: true },
      ),
    }),
    { selector: ({ ms }) => ms, minLength: 1, maxLength: 5 },
  );
  const choices = fc.infiniteStream(fc.nat({ max: 3 }));

  test('they resolve to the same measurements', () => {
    fc.assert(
      fc.property(instants, choices, (expected, stream) => {
        const pack = written(expected, () => stream.next().value as number);
        expect(measurements(pack, context.device)).toEqual(expected.map(({ ms, values }) => ({ ts: ms, values })));
      }),
    );
  });
});

type Instant = { readonly ms: number; readonly values: Readonly<Record<string, number | boolean | string>> };

function written(instants: readonly Instant[], choose: () => number): unknown[] {
  const pack: unknown[] = [];
  let base: { bn?: string; bt?: number; bv?: number } = {};
  for (const { ms, values } of instants) {
    for (const [metric, value] of Object.entries(values)) {
      const change: typeof base = {};
      if (choose() === 0)
        change.bn = ['', 'urn:dev:ow:10e2073a01080063:', 'urn:dev:ow:10e2073a01080063'][choose() % 3] as string;
      if (choose() === 0) change.bt = choose() === 0 ? 0 : 1_600_000_000 + choose();
      if (choose() === 0) change.bv = choose() * 100;
      if (Object.keys(change).length > 0 && choose() === 0)
        pack.push(change, recordOf(metric, value, ms, { ...base, ...change }));
      else pack.push({ ...change, ...recordOf(metric, value, ms, { ...base, ...change }) });
      base = { ...base, ...change };
    }
  }
  return pack;
}

function recordOf(
  metric: string,
  value: number | boolean | string,
  ms: number,
  { bn = '', bt = 0, bv = 0 }: { bn?: string; bt?: number; bv?: number },
): Record<string, unknown> {
  const n = bn === '' || bn.endsWith(':') ? metric : `:${metric}`;
  const field = { number: 'v', boolean: 'vb', string: 'vs' }[typeof value as 'number' | 'boolean' | 'string'];
  return { n, t: ms / 1_000 - bt, [field]: typeof value === 'number' ? value - bv : value };
}
