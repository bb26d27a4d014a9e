import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Scope } from '../rules/rule.js';
import { ExpectedSilence, type Expectation } from './expected-silence.js';
import type { ScopeFacts } from './rule-book.js';

const device: ScopeFacts = { device: 'd1', profile: 'p', site: 's1', labels: { line: '4' } };
const never = Number.NEGATIVE_INFINITY;
const dayMs = 86_400_000;

function during(...windows: readonly (Expectation & { readonly scope?: Scope })[]): ExpectedSilence {
  const expected = new ExpectedSilence();
  windows.forEach(({ scope = {}, ...times }, i) => expected.setWindow(`w${i}`, { scope, ...times }));
  return expected;
}

describe('expected silence', () => {
  test('is expected at the latest moment that any window holds, however windows overlap, touch or contain each other', () => {
    const span = fc.record({ fromMs: fc.nat(20), untilMs: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(span, { maxLength: 5 }), fc.nat(20), fc.nat(25), (windows, afterMs, nowMs) => {
        // A moment at a time: the end is that up to which there is no moment more.
        let latestMs = afterMs;
        for (let ms = 0; ms < nowMs; ms += 1)
          if (windows.some(({ fromMs, untilMs }) => fromMs <= ms && ms < untilMs))
            latestMs = Math.max(latestMs, ms + 1);
        if (windows.some(({ fromMs, untilMs }) => fromMs === nowMs && untilMs > nowMs))
          latestMs = Math.max(latestMs, nowMs);
        expect(during(...windows).latestMs(device, afterMs, nowMs)).toBe(latestMs);
      }),
      { numRuns: 1_000 },
    );
  });

  test('is that of the devices within the scope of a window', () => {
    const reaches = (scope: Scope): boolean =>
      during({ scope, fromMs: 0, untilMs: 100 }).latestMs(device, never, 50) === 50;
    expect(
      [{}, { sites: ['s1'] }, { devices: ['d0', 'd1'], profiles: ['p'] }, { labels: { line: ['3', '4'] } }].map(
        reaches,
      ),
    ).toEqual([true, true, true, true]);
    expect(
      [{ sites: ['s2'] }, { devices: ['d0'] }, { sites: ['s1'], profiles: ['q'] }, { labels: { line: [] } }].map(
        reaches,
      ),
    ).toEqual([false, false, false, false]);
  });

  test('is not expected any more because of a window that is changed or cancelled', () => {
    const expected = during({ fromMs: 0, untilMs: 100 });
    expected.setWindow('w0', { scope: {}, fromMs: 0, untilMs: 10 });
    expect(expected.latestMs(device, never, 50)).toBe(10);
    expected.setWindow('w0', undefined);
    expect(expected.latestMs(device, never, 50)).toBe(never);
    expect([expected.size, expected.hasWindow('w0')]).toEqual([0, false]);
  });

  test('lasts as long as an installation on the device, and no longer than the device should be away', () => {
    const expected = new ExpectedSilence();
    const latestMs = (nowMs: number, of = device): number => expected.latestMs(of, never, nowMs);
    expected.setInstallation('d1', { startedMs: 100, expectedUntilMs: 200 });
    expect([50, 150, 250].map((nowMs) => latestMs(nowMs))).toEqual([never, 150, 200]);
    expect(latestMs(150, { ...device, device: 'd2' })).toBe(never);
    expected.setInstallation('d1', { startedMs: 100, expectedUntilMs: 200, endedMs: 120 });
    expect(latestMs(150)).toBe(120);
    expected.setInstallation('d1', { startedMs: 100, expectedUntilMs: 200, endedMs: 300 });
    expect(latestMs(350)).toBe(200);
    expected.setInstallation('d1', undefined);
    expect(latestMs(150)).toBe(never);
  });

  test('remembers of the installations of a whole fleet those of the last seven days', () => {
    const expected = new ExpectedSilence();
    const installOn = (name: string, startedMs: number): void =>
      expected.setInstallation(name, { startedMs, expectedUntilMs: startedMs + 1_000 });
    for (let nth = 0; nth < 20_000; nth += 1) installOn(`old-${nth}`, nth);
    for (let nth = 0; nth < 20_000; nth += 1) installOn(`new-${nth}`, 8 * dayMs + nth);
    expect(expected.size).toBeLessThan(40_000);
    const latestMs = (name: string): number => expected.latestMs({ ...device, device: name }, never, 9 * dayMs);
    expect([latestMs('old-0'), latestMs('new-0')]).toEqual([never, 8 * dayMs + 1_000]);
  });
});
