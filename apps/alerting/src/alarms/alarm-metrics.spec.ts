import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Histogram, histogram, metrics as declared } from '@myelin/observability';
import { type Attributes, type Meter, metrics } from '@opentelemetry/api';
import type { AlarmChange, AlarmEntry } from '../domain/alarms/alarm.js';
import { AlarmMetrics } from './alarm-metrics.js';

const recorded: [name: string, value: number, attributes: Attributes | undefined][] = [];

/** Notes what is recorded; the SDK's own readers are not this room's. */
const instrument = (name: string) => {
  const note = (value: number, attributes?: Attributes): void => void recorded.push([name, value, attributes]);
  return { add: note, record: note };
};
const noting = { createCounter: instrument } as unknown as Meter;

/** Count and sum of every series, by its attributes; the histograms of a process only ever grow. */
const seriesOf = (made: Histogram): Record<string, readonly [count: number, sum: number]> =>
  Object.fromEntries([...made.cells].map((cell) => [JSON.stringify(cell.attributes), [cell.count, cell.sum]]));
const detect = histogram(declared.timeToDetect) as unknown as Histogram;
const acknowledge = histogram(declared.timeToAcknowledge) as unknown as Histogram;
const clear = histogram(declared.timeToClear) as unknown as Histogram;
const major = '{"myelin.severity":"major"}';

beforeAll(() => {
  metrics.setGlobalMeterProvider({ getMeter: () => noting });
});
afterAll(() => metrics.disable());

const change = (kind: AlarmEntry['kind'], atMs: number, raisedAtMs = 1_000): AlarmChange => ({
  alarm: {
    ...{ id: 'a', rule: 'hot', ruleVersion: 1, device: 'd-1', severity: 'major', flapping: false, version: 1 },
    ...{ deviceLabels: {}, labels: {}, annotations: {}, condition: 'active', startedAtMs: 0, raisedAtMs },
    raiseNoticedAtMs: 3_500,
    ...(kind === 'clear' ? { condition: 'cleared', clearReason: 'manual' } : {}),
  },
  entry: { alarm: 'a', version: 1, kind, atMs },
});

test('alarms are counted when they are raised and cleared, and the times between are measured in seconds', () => {
  new AlarmMetrics().record([
    change('raise', 3_500),
    change('acknowledge', 13_500),
    change('comment', 14_000),
    change('clear', 63_500),
  ]);
  expect(recorded.splice(0)).toEqual([
    ['myelin.alerting.alarms.raised', 1, { 'myelin.severity': 'major' }],
    ['myelin.alerting.alarms.cleared', 1, { 'myelin.severity': 'major', 'myelin.reason': 'manual' }],
  ]);
  expect(seriesOf(detect)).toEqual({ [major]: [1, 2.5] });
  expect(seriesOf(acknowledge)).toEqual({ '{}': [1, 10] });
  expect(seriesOf(clear)).toEqual({ [major]: [1, 60] });
});

test('what a device with a fast clock says is detected at once, not before', () => {
  const [count = 0, sum = 0] = seriesOf(detect)[major] ?? [];
  new AlarmMetrics().record([change('raise', 3_500, 9_000)]);
  recorded.splice(0);
  expect(seriesOf(detect)[major]).toEqual([count + 1, sum]);
});

test('alarms that one of a storm stands for are counted beside', () => {
  const { alarm, entry } = change('raise', 3_500);
  const inhibited = { ...alarm, inhibitedBy: 'storm' };
  const entries = (['raise', 'inhibit', 'comment'] as const).map((kind) => ({ ...entry, kind }));
  new AlarmMetrics().record(entries.map((one) => ({ alarm: inhibited, entry: one })));
  const counted = recorded.splice(0).filter(([name]) => name === 'myelin.alerting.alarms.inhibited');
  expect(counted.map(([, value]) => value)).toEqual([1, 1]);
});
