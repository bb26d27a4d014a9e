import { expect, test } from '@jest/globals';
import { type FleetReport, isProven } from './fleet-report.js';

const figures = [
  ...(['lost', 'doubled', 'altered', 'invented', 'miscounted', 'alarmsMissed', 'alarmsFalse'] as const),
] satisfies (keyof FleetReport)[];
const kept = Object.fromEntries(figures.map((name) => [name, 0])) as unknown as FleetReport;

test('a run is proven when nothing was lost, and no alarm missed or false', () => {
  expect(isProven(kept)).toBe(true);
});

test('a run without alarms can be proven', () => {
  const { alarmsMissed: _missed, alarmsFalse: _false, ...withoutAlarms } = kept;
  expect(isProven(withoutAlarms)).toBe(true);
});

test.each(figures)('a run is not proven with one %s', (name) => {
  expect(isProven({ ...kept, [name]: 1 })).toBe(false);
});
