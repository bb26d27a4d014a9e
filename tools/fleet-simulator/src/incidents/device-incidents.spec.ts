import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Values } from '../ledger.js';
import { DeviceIncidents } from './device-incidents.js';
import { type Incident, flaps } from './incident.js';

const usual: Values = { temperature: 20, battery: 80, online: true };
const incident = (kind: Incident['kind'], fromMs: number, toMs: number): Incident => ({
  ...{ kind, devices: [0], fromMs, toMs },
});
/** Began at 1,000,000. */
function of(...incidents: Incident[]): DeviceIncidents {
  const one = new DeviceIncidents(incidents, { metric: 'temperature', spread: 2 });
  one.start(1_000_000);
  return one;
}
const at = (one: DeviceIncidents, ms: number): Values => one.alter(usual, 1_000_000 + ms);
const energy = (one: DeviceIncidents, ms: number): number => at(one, ms)['energy'] as number;

describe('a device to which things happen', () => {
  test.each(['silence', 'site-dark'] as const)('sends nothing during %s', (kind) => {
    const one = of(incident(kind, 5_000, 8_000));
    expect([4_999, 5_000, 7_000, 8_000].map((ms) => one.silentForMs(1_000_000 + ms))).toEqual([0, 3_000, 1_000, 0]);
    expect(of(incident('drift', 5_000, 8_000)).silentForMs(1_006_000)).toBe(0);
  });

  test('measures what is usual, and a counter, while nothing happens', () => {
    expect(at(of(), 1_500)).toEqual({ ...usual, energy: 100_015 });
  });

  test('has an empty battery for as long as it shall', () => {
    const one = of(incident('battery-low', 5_000, 8_000));
    expect([4_999, 5_000, 7_999, 8_000].map((ms) => at(one, ms)['battery'])).toEqual([80, 9, 9, 80]);
  });

  test('is off by ten deviations in a spike, and ever more in a drift', () => {
    const one = of(incident('spike', 1_000, 2_000), incident('drift', 10_000, 20_000));
    expect([999, 1_000, 1_999, 2_000].map((ms) => at(one, ms)['temperature'])).toEqual([20, 40, 40, 20]);
    expect([10_000, 15_000, 19_000, 20_000].map((ms) => at(one, ms)['temperature'])).toEqual([20, 30, 38, 20]);
  });

  test('counts ten times as fast in a surge, and from nothing on after a reset', () => {
    const one = of(incident('counter-surge', 10_000, 12_000), incident('counter-reset', 20_000, 25_000));
    expect(energy(one, 10_000)).toBe(100_100);
    expect(energy(one, 11_000) - energy(one, 10_000)).toBe(100);
    expect(energy(one, 13_000) - energy(one, 12_000)).toBe(10);
    expect([19_999, 20_000, 21_000, 30_000].map((ms) => energy(one, ms))).toEqual([100_379.99, 0, 10, 100]);
  });

  test('counts on from a reset through a surge that comes after it, not through one before', () => {
    const surges = [incident('counter-surge', 1_000, 2_000), incident('counter-surge', 20_000, 21_000)];
    const one = of(surges[0] as Incident, incident('counter-reset', 10_000, 11_000), surges[1] as Incident);
    expect(energy(one, 30_000)).toBe(200 + 90);
  });

  const reports = fc.record({
    size: fc.constantFrom(1, 4),
    /** How late the timer of each report was, in thirds of the interval. */
    late: fc.array(fc.nat(1), { minLength: 40, maxLength: 40 }),
  });

  test('is offline by turns in the order of time, as often as it shall, however its reports overlap', () => {
    fc.assert(
      fc.property(reports, ({ size, late }) => {
        const one = of(incident('flapping', 5_000, 21_000));
        const measured: number[] = [];
        for (const [nth, thirds] of late.entries()) {
          const nowMs = 1_000_000 + nth * 900 + thirds * 300;
          const times = Array.from({ length: size }, (_, i) => nowMs - Math.round(((size - 1 - i) * 900) / size));
          one.report(times);
          measured.push(...times);
          // As it is sent.
          for (const ms of times) one.alter(usual, ms);
        }
        const online = measured.sort((a, b) => a - b).map((ms) => one.alter(usual, ms)['online'] as boolean);
        const begins = online.filter((is, i) => !is && online[i - 1] !== false);
        expect(begins).toHaveLength(flaps);
        expect(online.at(-1)).toBe(true);
        const offline = measured.filter((_, i) => online[i] === false);
        expect(Math.min(...offline)).toBeGreaterThanOrEqual(1_005_000);
        expect(Math.max(...offline)).toBeLessThan(1_021_000);
      }),
    );
  });

  test('says the same of a measurement however often and late it is asked', () => {
    const one = of(incident('flapping', 0, 60_000));
    const first = [...Array(20).keys()].map((nth) => {
      one.report([1_000_000 + nth * 1_000]);
      return at(one, nth * 1_000);
    });
    expect(first.map((_, nth) => at(one, nth * 1_000))).toEqual(first);
    expect(first.slice(0, 4).map(({ online }) => online)).toEqual([false, true, false, true]);
  });
});
