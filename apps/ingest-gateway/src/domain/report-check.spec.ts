import { describe, expect, test } from '@jest/globals';
import { checkReport, maxAheadMs, type Measurement, ReportFault, type ReportRules } from './report-check.js';

const nowMs = 1_795_420_800_000;
const rules: ReportRules = {
  retentionMs: 7 * 86_400_000,
  unknownMetrics: 'refuse',
  metrics: new Map([
    ['temperature', { kind: 'number', minimum: -40, maximum: 85 }],
    ['door', { kind: 'boolean', minimum: -Infinity, maximum: Infinity }],
    ['note', { kind: 'text', minimum: -Infinity, maximum: Infinity }],
    ['a/b~c', { kind: 'number', minimum: -Infinity, maximum: Infinity }],
    ['wave', { kind: 'array', minimum: -2, maximum: 2 }],
    ['where', { kind: 'position', minimum: -Infinity, maximum: Infinity }],
  ]),
};
const keeping: ReportRules = { ...rules, unknownMetrics: 'keep' };

function faultOf(report: Measurement | Measurement[], by = rules): { code: string; pointer: string } | undefined {
  try {
    checkReport(report, by, nowMs);
    return undefined;
  } catch (error) {
    if (!(error instanceof ReportFault)) throw error;
    return { code: error.code, pointer: error.pointer };
  }
}

describe('a report against its profile', () => {
  test.each([
    ['exactly five minutes ahead', nowMs + maxAheadMs, undefined],
    ['more than five minutes ahead', nowMs + maxAheadMs + 1, 'report.ts-too-far-ahead'],
    ['exactly as old as the retention', nowMs - rules.retentionMs, undefined],
    ['older than the retention', nowMs - rules.retentionMs - 1, 'report.ts-too-old'],
  ])('time: %s', (_what, ts, code) => {
    expect(faultOf({ ts, values: { door: true } })).toEqual(code && { code, pointer: '/ts' });
  });

  test.each<[string, unknown, string, string | undefined]>([
    ['an unknown metric', 1, 'other', 'report.unknown-metric'],
    ['text for a number', 'warm', 'temperature', 'report.value-kind-mismatch'],
    ['a number for a boolean', 1, 'door', 'report.value-kind-mismatch'],
    ['an array', [1, 2], 'wave', undefined],
    ['a position', { lat: 1, lon: 2 }, 'where', undefined],
    ['an array for a number', [1], 'temperature', 'report.value-kind-mismatch'],
    ['an array for a position', [1, 2], 'where', 'report.value-kind-mismatch'],
    ['a position for an array', { lat: 1, lon: 2 }, 'wave', 'report.value-kind-mismatch'],
    ['text with NUL', 'a\0b', 'note', 'report.text-not-storable'],
    ['half a surrogate pair', '\ud800', 'note', 'report.text-not-storable'],
    ['text', 'wärmer 🌡', 'note', undefined],
  ])('values: %s', (_what, value, metric, code) => {
    expect(faultOf({ values: { [metric]: value } })).toEqual(code && { code, pointer: `/values/${metric}` });
  });

  test.each([
    ['other', 1, 'the profile does not name the metric other and refuses unknown ones'],
    ['temperature', [1], 'the profile says number, not array'],
  ])('a fault says what is wrong: %s', (metric, value, message) => {
    expect(() => checkReport({ values: { [metric]: value } }, rules, nowMs)).toThrow(message);
  });

  test('the first fault of a batch has its index, and names are escaped in pointers', () => {
    const good = { values: { door: true } };
    expect(faultOf([good, good, { values: { 'a/b~c': 'x' } }])?.pointer).toBe('/2/values/a~1b~0c');
  });

  test('a profile that keeps unknown metrics keeps every kind', () => {
    const values = { other: 1, more: 'text', flag: false, wave2: [1], place: { lat: 1, lon: 2 } };
    expect(faultOf({ values }, keeping)).toBeUndefined();
    expect(faultOf({ values: { toString: 1, constructor: 2 } } as Measurement, keeping)).toBeUndefined();
    const reserved = JSON.parse('{"__proto__":1}') as Record<string, unknown>;
    expect(faultOf({ values: reserved }, keeping)?.code).toBe('report.metric-reserved');
  });

  test('values outside of their range are named, those on its edge are not', () => {
    const at = (temperature: number): Measurement => ({ ts: nowMs, values: { temperature, door: true } });
    expect(checkReport([at(-40), at(85), at(85.01), at(-41)], rules, nowMs)).toEqual({
      members: 16,
      outOfRange: '2:temperature,3:temperature',
    });
  });

  test('an array is out of range when one of its samples is, and is named once', () => {
    const report = [{ values: { wave: [-2, 0, 2] } }, { values: { wave: [0, 2.5, -9] } }];
    expect(checkReport(report, rules, nowMs)).toEqual({ members: 4, outOfRange: '1:wave' });
  });

  test('members of positions count, samples of arrays do not', () => {
    const { members } = checkReport({ values: { where: { lat: 1, lon: 2, alt: 3 }, wave: [1, 2] } }, rules, nowMs);
    expect(members).toBe(6);
  });

  test('more flags than fit into a record are refused', () => {
    const values = Object.fromEntries(Array.from({ length: 250 }, (_, nth) => [`m${'x'.repeat(100)}${nth}`, 2]));
    const metrics = new Map(
      Object.keys(values).map((name) => [name, { kind: 'number' as const, minimum: 0, maximum: 1 }]),
    );
    const report = Array.from({ length: 12 }, () => ({ values }));
    expect(faultOf(report, { ...rules, metrics })?.code).toBe('report.too-many-out-of-range');
  });
});
