import { expect, test } from '@jest/globals';
import { type FleetReport, isProven } from './fleet-report.js';

const figures = [
  ...(['lost', 'doubled', 'altered', 'invented', 'miscounted', 'alarmsMissed', 'alarmsFalse'] as const),
  'devicesDisagreeing' as const,
] satisfies (keyof FleetReport)[];
const kept = Object.fromEntries(figures.map((name) => [name, 0])) as unknown as FleetReport;

test('a run is proven when nothing was lost, no alarm missed or false, and no device runs what nobody believes', () => {
  expect(isProven(kept)).toBe(true);
});

test('a run without alarms can be proven', () => {
  const { alarmsMissed: _missed, alarmsFalse: _false, ...withoutAlarms } = kept;
  expect(isProven(withoutAlarms)).toBe(true);
});

test.each(figures)('a run is not proven with one %s', (name) => {
  expect(isProven({ ...kept, [name]: 1 })).toBe(false);
});

test('a rollout may still be running at the end', () => {
  expect(isProven({ ...kept, rolloutState: 'running' })).toBe(true);
});

test.each([
  ['paused', 0, true],
  ['paused', 1, false],
  ['running', 0, false],
  ['succeeded', 0, false],
] as const)(
  'a firmware that fails is held back when its rollout is %s and %i others saw it: %s',
  (state, others, is) => {
    expect(isProven({ ...kept, rolloutState: state, devicesOutsideCanaryTouched: others })).toBe(is);
  },
);
