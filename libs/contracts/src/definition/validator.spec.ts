import { describe, expect, test } from '@jest/globals';
import { type TSchema, Type } from '@sinclair/typebox';
import fc from 'fast-check';
import { deviceStateV1 } from '../registry/device-state.v1.js';
import { measurementReportedV1 } from '../telemetry/measurement-reported.v1.js';
import type { Fault } from './faults.js';
import { mapOf } from './map-of.js';
import { compileValidator } from './validator.js';

function faultsIn(schema: TSchema, value: unknown): readonly Fault[] {
  const outcome = compileValidator(schema, 'strict')(value);
  return outcome.ok ? [] : outcome.faults;
}

function measurementFault(body: unknown): Fault | undefined {
  const outcome = measurementReportedV1.strict(body);
  return outcome.ok ? undefined : outcome.faults[0];
}

const closed = { additionalProperties: false };

describe('the first fault of a measurement says what is wrong', () => {
  test.each([
    ['neither object nor array', 17, '', 'must be object or array'],
    ['null', null, '', 'must be object or array'],
    ['an empty array', [], '', 'must NOT have fewer than 1 items'],
    ['an object without values', {}, '', "must have required property 'values'"],
    ['an array member without values', [{ values: { t: 1 } }, {}], '/1', "must have required property 'values'"],
    ['an array member that is no object', [[]], '/0', 'must be object'],
    ['no value', { values: {} }, '/values', 'must NOT have fewer than 1 properties'],
    ['a value of no kind', { values: { t: null } }, '/values/t', 'must be number, boolean, string, array or object'],
    ['NaN', { values: { t: Number.NaN } }, '/values/t', 'must be number, boolean, string, array or object'],
    ['a text too long', { values: { t: 'x'.repeat(1_025) } }, '/values/t', 'must NOT have more than 1024 characters'],
    ['an array with a wrong sample', { values: { t: [1, 'x'] } }, '/values/t/1', 'must be number'],
    ['a position without longitude', { values: { p: { lat: 1 } } }, '/values/p', "must have required property 'lon'"],
    ['a latitude out of range', { values: { p: { lat: 91, lon: 0 } } }, '/values/p/lat', 'must be <= 90'],
    ['seq alone', { seq: 1, values: { t: 1 } }, '', 'must have properties boot, ts when property seq is present'],
    ['an unknown member', { values: { t: 1 }, extra: 1 }, '/extra', 'is not a member that the schema knows'],
    ['ts as text', { ts: '1', values: { t: 1 } }, '/ts', 'must be integer'],
    ['negative seq', { ts: 1, boot: 'b', seq: -1, values: { t: 1 } }, '/seq', 'must be >= 0'],
  ])('%s', (_, body, pointer, message) => {
    expect(measurementFault(body)).toMatchObject({ pointer, message });
  });

  test('a metric name that is none', () => {
    expect(measurementFault({ values: { 'a b': 1 } })).toEqual({
      pointer: '/values',
      keyword: 'propertyNames',
      message: 'the name "a b" must match pattern "^[A-Za-z0-9_][A-Za-z0-9._:/-]{0,127}$"',
    });
  });
});

describe('faults', () => {
  test('a union of constants is one fault that lists them', () => {
    const schema = Type.Object({ state: Type.Union([Type.Literal('on'), Type.Literal('off')]) }, closed);
    expect(faultsIn(schema, { state: 'up' })).toEqual([
      { pointer: '/state', keyword: 'enum', message: 'must be "on" or "off"' },
    ]);
  });

  test('pointers escape what a pointer cannot carry', () => {
    const schema = mapOf('.', Type.Object({}, closed), { maxProperties: 9 });
    expect(faultsIn(schema, { 'a/b~c': { 'd/e': 1 } })[0]?.pointer).toBe('/a~1b~0c/d~1e');
  });

  test('an alternative that came near goes before the others, deepest first', () => {
    const near = Type.Object({ kind: Type.Literal('a'), inner: Type.Object({ x: Type.Number() }, closed) }, closed);
    const far = Type.Object({ kind: Type.Literal('b') }, closed);
    const faults = faultsIn(Type.Object({ it: Type.Union([near, far]) }, closed), {
      it: { kind: 'a', inner: { x: 'no' } },
    });
    expect(faults[0]).toEqual({ pointer: '/it/inner/x', keyword: 'type', message: 'must be number' });
  });

  test('there is at least one whenever a value is refused, and its pointer leads to the value or a missing member', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const outcome = measurementReportedV1.strict(body);
        if (outcome.ok) return;
        expect(outcome.faults.length).toBeGreaterThan(0);
        for (const { pointer, message } of outcome.faults) {
          expect(message).not.toBe('');
          expect(pointer === '' || resolve(body, pointer) !== undefined).toBe(true);
        }
      }),
    );
  });
});

function resolve(body: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | null)?.[part], body);
}

describe('the tolerant validator', () => {
  test('lets unknown members through at every level, which the strict one refuses', () => {
    const schema = Type.Object(
      {
        list: Type.Array(Type.Object({ a: Type.Number() }, closed)),
        either: Type.Union([Type.Number(), Type.Object({ b: Type.Object({}, closed) }, closed)]),
        named: mapOf('^[a-z]+$', Type.Object({}, closed), { maxProperties: 9 }),
      },
      closed,
    );
    const plain = { list: [{ a: 1 }], either: { b: {} }, named: { x: {} } };
    const richer = [
      { ...plain, extra: 1 },
      { ...plain, list: [{ a: 1, extra: 1 }] },
      { ...plain, either: { b: {}, extra: 1 } },
      { ...plain, either: { b: { extra: 1 } } },
      { ...plain, named: { x: { extra: 1 } } },
    ];
    const strict = compileValidator(schema, 'strict');
    const tolerant = compileValidator(schema, 'tolerant');
    expect([strict(plain).ok, tolerant(plain).ok]).toEqual([true, true]);
    expect(richer.map((value) => strict(value).ok)).toEqual(richer.map(() => false));
    expect(richer.map((value) => tolerant(value).ok)).toEqual(richer.map(() => true));
  });

  test('still refuses what it knows to be wrong', () => {
    expect(deviceStateV1.tolerant({ ...deviceStateV1.example, index: -1, extra: 1 })).toEqual({
      ok: false,
      faults: [{ pointer: '/index', keyword: 'minimum', message: 'must be >= 0' }],
    });
  });
});

test('validating does not change the value and gives the same value back', () => {
  const body = Object.freeze({ values: Object.freeze({ t: 1 }) });
  const outcome = measurementReportedV1.strict(body);
  expect(outcome.ok && outcome.value === body).toBe(true);
});
