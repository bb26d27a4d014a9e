import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type HeartbeatSink, Heartbeats } from './heartbeats.js';
import { LiveClock, maxStepMs, tickMs } from './live-clock.js';

type Step =
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'hear'; readonly device: number }
  | { readonly kind: 'unwatch'; readonly device: number }
  | { readonly kind: 'watch'; readonly device: number; readonly timeoutMs: number }
  | { readonly kind: 'excuse'; readonly device: number; readonly forMs: number }
  | { readonly kind: 'expect'; readonly device: number; readonly forMs: number };

const device = fc.constantFrom(0, 1, 2, 1_500, 70_000);
const timeoutMs = fc.constantFrom(1_000, 3_000, 5_500, 60_000, 5_000_000, 9_000_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      ms: fc.constantFrom(250, 1_000, 1_000, 2_500, 4_000_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('hear' as const), device }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unwatch' as const), device }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('watch' as const), device, timeoutMs }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ kind: fc.constantFrom('excuse' as const, 'expect' as const), device },
      forMs: fc.constantFrom(2_000, 30_000, 6_000_000),
    }),
  },
);

interface Watched {
  heardMs: number;
  timeoutMs: number;
  silent: boolean;
}

/** Deadlines as they are meant: every device is looked at with every tick. */
class PlainHeartbeats {
  readonly events: string[] = [];
  private readonly watched = new Map<number, Watched>();
  /** How long silence is expected, by device. */
  readonly expectedUntilMs = new Map<number, number>();
  private nowMs = 0;

  apply(one: Step): void {
    if (one.kind === 'tick') this.tick(one.ms);
    else if (one.kind === 'watch') {
      const known = this.watched.get(one.device);
      if (known !== undefined) known.timeoutMs = one.timeoutMs;
      else this.watched.set(one.device, { heardMs: this.nowMs, timeoutMs: one.timeoutMs, silent: false });
    } else if (one.kind === 'unwatch') this.watched.delete(one.device);
    else if (one.kind === 'expect') this.expect(one.device, this.nowMs + one.forMs);
    else this.touch(one);
  }

  /** Nothing that was expected is taken back. */
  private expect(number: number, untilMs: number): void {
    this.expectedUntilMs.set(number, Math.max(untilMs, this.expectedUntilMs.get(number) ?? 0));
  }

  private touch(one: Extract<Step, { kind: 'hear' | 'excuse' }>): void {
    const known = this.watched.get(one.device);
    if (known === undefined) return;
    if (one.kind === 'excuse') {
      known.heardMs = Math.max(known.heardMs, this.nowMs + one.forMs);
      return;
    }
    known.heardMs = Math.max(known.heardMs, this.nowMs);
    if (known.silent) this.events.push(`${one.device} heard`);
    known.silent = false;
  }

  /** Deadlines are held against whole seconds. */
  private tick(ms: number): void {
    const secondBefore = Math.floor(this.nowMs / 1_000);
    this.nowMs += ms;
    if (Math.floor(this.nowMs / 1_000) === secondBefore) return;
    for (const [number, one] of this.watched)
      one.heardMs = Math.max(one.heardMs, Math.min(this.expectedUntilMs.get(number) ?? 0, this.nowMs));
    const due = [...this.watched].filter(
      ([, one]) => !one.silent && one.heardMs + one.timeoutMs <= Math.floor(this.nowMs / 1_000) * 1_000,
    );
    for (const [number, one] of due.sort(([a], [b]) => a - b)) {
      one.silent = true;
      this.events.push(`${number} silent since ${one.heardMs}`);
    }
  }
}

function noting(silent: number[]): HeartbeatSink {
  return { due: () => undefined, silent: (number) => void silent.push(number), heard: () => undefined };
}

describe('heartbeats', () => {
  test('says of every device when it falls silent and when it is heard again, however the two race', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const events: string[] = [];
        const plain = new PlainHeartbeats();
        let nowMs = 0;
        const heartbeats: Heartbeats = new Heartbeats({
          due: (number) => heartbeats.excuse(number, Math.min(plain.expectedUntilMs.get(number) ?? 0, nowMs)),
          silent: (number, sinceMs) => void events.push(`${number} silent since ${sinceMs}`),
          heard: (number) => void events.push(`${number} heard`),
        });
        for (const one of steps) {
          plain.apply(one);
          const before = events.length;
          if (one.kind === 'tick') heartbeats.advance(7, (nowMs += one.ms));
          else if (one.kind === 'hear') heartbeats.hear(one.device, 7);
          else if (one.kind === 'watch') heartbeats.watch(one.device, 7, one.timeoutMs);
          else if (one.kind === 'unwatch') heartbeats.unwatch(one.device);
          else if (one.kind === 'excuse') heartbeats.excuse(one.device, nowMs + one.forMs);
          // Within one tick the order of devices means nothing.
          events.push(...events.splice(before).sort((a, b) => parseInt(a) - parseInt(b)));
        }
        expect(events).toEqual(plain.events);
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
    heartbeats.advance(0, 2_000);
    expect(silent).toEqual([1]);
  });

  test('watches a partition by its own time only', () => {
    const silent: number[] = [];
    const heartbeats = new Heartbeats(noting(silent));
    heartbeats.watch(1, 0, 5_000);
    heartbeats.watch(2, 1, 5_000);
    heartbeats.advance(0, 60_000);
    heartbeats.advance(1, 4_000);
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
    expect(steps(clock, 'a', 0, tickMs, 2 * tickMs, 2 * tickMs + maxStepMs)).toBe(2 * tickMs + maxStepMs);
    expect(steps(clock, 'a', 200_000, 201_000)).toBe(2 * tickMs + maxStepMs + 1_000);
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
