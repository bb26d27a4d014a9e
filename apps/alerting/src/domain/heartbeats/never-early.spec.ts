import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Heartbeats } from './heartbeats.js';
import { LiveClock, maxStepMs } from './live-clock.js';

interface Moment {
  /** True time. */
  readonly atMs: number;
  /** Who ticks; undefined = the device reports. */
  readonly gateway?: number;
}

/** By true time: how far a gateway's clock is off, and how long after each other it ticks. */
const gateway = fc.record({
  offMs: fc.integer({ min: -4_000_000, max: 4_000_000 }),
  beginsMs: fc.nat(9_000),
  stepsMs: fc.array(fc.constantFrom<number>(490, 500, 502, 980, 1_000, 1_003, 1_040, 1_700, 2_900, maxStepMs, 7_500), {
    minLength: 5,
    maxLength: 40,
  }),
});
type Gateway = typeof gateway extends fc.Arbitrary<infer One> ? One : never;
const timeoutMs = fc.constantFrom(1_000, 2_750, 3_000, 5_000);

function history(gateways: readonly Gateway[], pausesMs: readonly number[]): Moment[] {
  const moments: Moment[] = [];
  for (const [number, { beginsMs, stepsMs }] of gateways.entries()) {
    let atMs = beginsMs;
    for (const stepMs of [0, ...stepsMs]) moments.push({ atMs: (atMs += stepMs), gateway: number });
  }
  let atMs = 0;
  for (const pauseMs of pausesMs) moments.push({ atMs: (atMs += pauseMs) });
  return moments.sort((a, b) => a.atMs - b.atMs);
}

/** @returns how long after the device's last message it was called silent, in true time */
function silences(moments: readonly Moment[], waitMs: number, gateways: readonly Gateway[]): number[] {
  const found: number[] = [];
  const clock = new LiveClock();
  let nowMs = 0;
  let heardMs = 0;
  const heartbeats = new Heartbeats({
    due: () => undefined,
    silent: () => void found.push(nowMs - heardMs),
    heard: () => undefined,
  });
  heartbeats.watch(0, 0, waitMs);
  for (const { atMs, gateway: number } of moments) {
    nowMs = atMs;
    if (number === undefined) {
      heardMs = atMs;
      heartbeats.hear(0, 0);
      continue;
    }
    clock.tick(`g${number}`, atMs + (gateways[number] as Gateway).offMs);
    heartbeats.advance(0, clock.nowMs);
  }
  return found;
}

describe('silence, in true time', () => {
  const pausesMs = fc.array(fc.integer({ min: 1, max: 9_000 }), { maxLength: 12 });

  test('is said only when more than the deadline has passed since the message, whatever gateways tick and stop', () => {
    let said = 0;
    fc.assert(
      fc.property(
        fc.array(gateway, { minLength: 1, maxLength: 3 }),
        pausesMs,
        timeoutMs,
        (gateways, pauses, waitMs) => {
          const found = silences(history(gateways, pauses), waitMs, gateways);
          for (const sinceMs of found) expect(sinceMs).toBeGreaterThanOrEqual(waitMs);
          said += found.length;
        },
      ),
      { numRuns: 3_000 },
    );
    expect(said).toBeGreaterThan(1_000);
  });

  test('is said within 1.1 s after the deadline while a gateway ticks each half second', () => {
    const stepsMs = fc.array(fc.integer({ min: 490, max: 510 }), { minLength: 80, maxLength: 80 });
    fc.assert(
      fc.property(stepsMs, fc.nat(9_999), fc.integer({ min: 1_000, max: 20_000 }), (steps, reportMs, waitMs) => {
        const gateways = [{ offMs: 0, beginsMs: 0, stepsMs: steps }];
        const found = silences(history(gateways, [reportMs]), waitMs, gateways);
        const latestMs = Math.max(...found);
        expect(latestMs).toBeGreaterThanOrEqual(waitMs);
        expect(latestMs).toBeLessThanOrEqual(waitMs + 1_100);
      }),
      { numRuns: 1_000 },
    );
  });
});
