import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type HeartbeatSink, Heartbeats, liveGrainMs } from './heartbeats.js';
import { LiveClock, maxStepMs } from './live-clock.js';

type Step =
  | { readonly kind: 'tick' | 'pass'; readonly ms: number }
  | { readonly kind: 'hear' | 'unwatch' | 'excuse'; readonly device: number }
  | { readonly kind: 'watch'; readonly device: number; readonly timeoutMs: number }
  | { readonly kind: 'excuseUntil' | 'expect'; readonly device: number; readonly forMs: number };

const device = fc.constantFrom(0, 1, 2, 1_500, 70_000);
const timeoutMs = fc.constantFrom(1_000, 3_000, 4_321, 5_500, 60_000, 5_000_000, 9_000_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      ms: fc.constantFrom(251, 999, 1_000, 1_003, 2_500, 4_000_000),
    }),
  },
  // Most of what happens does so between two ticks.
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 3, 130, 400, 900) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('hear' as const), device }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('unwatch' as const, 'excuse' as const), device }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('watch' as const), device, timeoutMs }) },
  {
    weight: 1,
    arbitrary: fc.record({ ...{ kind: fc.constant('excuseUntil' as const), device }, forMs: fc.nat(4_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ kind: fc.constant('expect' as const), device },
      forMs: fc.constantFrom(2_000, 30_000, 6_000_000),
    }),
  },
);

interface Watched {
  /** The true moment, or that of its tick if it counts as heard in hindsight. */
  heardMs: number;
  /** When the tick after that came; undefined = not yet. */
  tickedMs: number | undefined;
  timeoutMs: number;
  silent: boolean;
}

/** Times are kept in grains, rounded up: one for when it was heard, one for the timeout. */
const roundingMs = 2 * liveGrainMs;

/** What may be said, and what must: every device is looked at with every tick, by the true moment of all that happened. */
class PlainHeartbeats {
  readonly watched = new Map<number, Watched>();
  /** How long silence is expected, by device. */
  readonly expectedUntilMs = new Map<number, number>();
  nowMs = 0;
  tickMs = 0;

  apply(one: Step): void {
    if (one.kind === 'tick' || one.kind === 'pass') this.nowMs += one.ms;
    if (one.kind === 'tick') this.tick();
    else if (one.kind === 'watch') this.watch(one);
    else if (one.kind === 'unwatch') this.watched.delete(one.device);
    else if (one.kind === 'hear' || one.kind === 'excuse') this.hear(one.device, this.nowMs, undefined);
    else if (one.kind === 'excuseUntil') this.hear(one.device, this.tickMs - one.forMs, this.tickMs - one.forMs);
    // Nothing that was expected is taken back.
    else if (one.kind === 'expect') {
      const untilMs = Math.max(this.tickMs + one.forMs, this.expectedUntilMs.get(one.device) ?? 0);
      this.expectedUntilMs.set(one.device, untilMs);
    }
  }

  /** Whether all of the timeout has passed since the device was heard. */
  mayBeSilent({ heardMs, timeoutMs: waitMs }: Watched): boolean {
    return this.nowMs - heardMs >= waitMs;
  }

  /** Whether it has passed since the tick by which the device was heard. */
  mustBeSilent({ tickedMs, timeoutMs: waitMs }: Watched): boolean {
    return tickedMs !== undefined && this.nowMs - tickedMs >= waitMs + roundingMs;
  }

  private watch({ device: number, timeoutMs: waitMs }: Extract<Step, { kind: 'watch' }>): void {
    const known = this.watched.get(number);
    if (known !== undefined) known.timeoutMs = waitMs;
    else this.watched.set(number, { heardMs: this.nowMs, tickedMs: undefined, timeoutMs: waitMs, silent: false });
  }

  private hear(number: number, atMs: number, tickedMs: number | undefined): void {
    const known = this.watched.get(number);
    if (known === undefined || known.heardMs > atMs) return;
    known.heardMs = atMs;
    // What it counts as already is no sooner than that.
    known.tickedMs = tickedMs === undefined ? undefined : Math.max(tickedMs, known.tickedMs ?? 0);
  }

  private tick(): void {
    this.tickMs = this.nowMs;
    for (const [number, one] of this.watched) {
      one.tickedMs ??= this.nowMs;
      const expectedMs = Math.min(this.expectedUntilMs.get(number) ?? 0, this.nowMs);
      if (expectedMs <= one.heardMs) continue;
      one.heardMs = expectedMs;
      one.tickedMs = Math.max(one.tickedMs, expectedMs);
    }
  }
}

function noting(silent: number[]): HeartbeatSink {
  return { due: () => undefined, silent: (number) => void silent.push(number), heard: () => undefined };
}

describe('heartbeats', () => {
  test('calls a device silent when its timeout has passed since the tick after its message, and never sooner than since the message', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const plain = new PlainHeartbeats();
        const heartbeats: Heartbeats = new Heartbeats({
          due: (number) =>
            void heartbeats.excuse(number, 7, Math.min(plain.expectedUntilMs.get(number) ?? 0, plain.tickMs)),
          silent: (number, sinceMs) => {
            const one = plain.watched.get(number) as Watched;
            expect(one).toMatchObject({ silent: false });
            expect(plain.mayBeSilent(one)).toBe(true);
            expect(sinceMs).toBeGreaterThanOrEqual(one.heardMs);
            expect(sinceMs).toBeLessThanOrEqual((one.tickedMs as number) + liveGrainMs);
            one.silent = true;
          },
          heard: (number) => {
            const one = plain.watched.get(number) as Watched;
            expect(one).toMatchObject({ silent: true });
            one.silent = false;
          },
        });
        for (const one of steps) {
          plain.apply(one);
          if (one.kind === 'tick') heartbeats.advance(7, plain.tickMs);
          else if (one.kind === 'hear') heartbeats.hear(one.device, 7);
          else if (one.kind === 'watch') heartbeats.watch(one.device, 7, one.timeoutMs);
          else if (one.kind === 'unwatch') heartbeats.unwatch(one.device);
          else if (one.kind === 'excuse') heartbeats.excuse(one.device, 7, Number.POSITIVE_INFINITY);
          else if (one.kind === 'excuseUntil') heartbeats.excuse(one.device, 7, plain.tickMs - one.forMs);
          if (one.kind === 'hear') expect(plain.watched.get(one.device)?.silent ?? false).toBe(false);
          if (one.kind !== 'tick') continue;
          const missed = [...plain.watched].filter(([, each]) => !each.silent && plain.mustBeSilent(each));
          expect(missed).toEqual([]);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test('watches anew what was watched with a later deadline', () => {
    const silent: number[] = [];
    const heartbeats = new Heartbeats(noting(silent));
    heartbeats.watch(1, 0, 9_000_000);
    heartbeats.unwatch(1);
    heartbeats.watch(1, 0, 1_000);
    heartbeats.advance(0, 1_000);
    expect(silent).toEqual([]);
    heartbeats.advance(0, 2_000);
    expect(silent).toEqual([1]);
  });

  test('watches a partition by its own time only', () => {
    const silent: number[] = [];
    const heartbeats = new Heartbeats(noting(silent));
    heartbeats.watch(1, 0, 5_000);
    heartbeats.watch(2, 1, 5_000);
    for (const liveMs of [1_000, 60_000]) heartbeats.advance(0, liveMs);
    for (const liveMs of [1_000, 5_000]) heartbeats.advance(1, liveMs);
    expect(silent).toEqual([1]);
  });
});

describe('live time', () => {
  const steps = (clock: LiveClock, gateway: string, ...times: readonly number[]): number => {
    for (const atMs of times) clock.tick(gateway, atMs);
    return clock.nowMs;
  };

  test('goes on with the ticks of a gateway and stands still over a longer step', () => {
    const clock = new LiveClock();
    expect(steps(clock, 'a', 0, 500, 1_000, 1_000 + maxStepMs)).toBe(1_000 + maxStepMs);
    expect(steps(clock, 'a', 200_000, 201_000)).toBe(1_000 + maxStepMs + 1_000);
  });

  test('two gateways whose clocks differ by an hour make no more time than one', () => {
    const clock = new LiveClock();
    for (let second = 0; second <= 100; second += 1) {
      clock.tick('a', second * 1_000);
      clock.tick('b', 3_600_000 + second * 1_000);
    }
    expect(clock.nowMs).toBe(100_000);
  });

  test('a gateway that ends, or comes back with another clock, stops nothing', () => {
    const clock = new LiveClock();
    steps(clock, 'fast', 9_000_000, 9_001_000);
    steps(clock, 'slow', 0);
    expect(steps(clock, 'slow', 1_000, 2_000, 3_000)).toBe(4_000);
    expect(steps(clock, 'fast', 1_000, 2_000)).toBe(5_000);
  });
});
