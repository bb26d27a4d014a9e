import { describe, expect, test } from '@jest/globals';
import { type MarkedHours, hourMs, marksFor, noMarkedHours } from './hour-marks.js';

const openHour = 100;
const at = (hour: number) => ({ deviceIndex: 1, tsMs: hour * hourMs + 5 });

function marked(known: MarkedHours, ...hours: number[]): number[] {
  return marksFor([hours.map(at)], () => known, openHour).map(({ hour }) => hour);
}

describe('the marks of a batch', () => {
  test('are one per open hour, and none for hours that are known to be marked', () => {
    const known = noMarkedHours();
    expect(marked(known, 100, 100, 101, 100)).toEqual([100, 101]);
    expect(marked(known, 101, 100, 102, 101)).toEqual([102]);
    expect(marked(known, 102, 101)).toEqual([]);
  });

  test('are set each time for hours that are closed: what was remembered may be rolled up since', () => {
    const known = noMarkedHours();
    expect(marked(known, 99, 99)).toEqual([99]);
    expect(marked(known, 99)).toEqual([99]);
    expect(marksFor([[at(100)]], () => known, 100)).toHaveLength(1);
    expect(marksFor([[at(100)]], () => known, 101)).toHaveLength(1);
  });

  test('are set again for an hour that fell out of memory', () => {
    const known = noMarkedHours();
    expect(marked(known, 100, 101, 102)).toEqual([100, 101, 102]);
    expect(marked(known, 100, 100, 102)).toEqual([100]);
  });
});
