import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Fleet, type FleetChange } from '../fleet/fleet.js';
import { maxStepMs } from '../heartbeats/live-clock.js';
import type { Condition, Rule, Scope } from '../rules/rule.js';
import type { DeviceMemory } from './device-evaluator.js';
import { PartitionEvaluator } from './partition-evaluator.js';
import { RestartingPartition } from './restarting-partition-fixture.js';

/** Rules that look at no reading: of a device that was never silent under one, nothing is stored but when it was heard. */
const conditions: readonly Condition[] = [
  { op: 'absent' },
  { op: 'absent', windowMs: 2_000 },
  { all: [{ op: 'absent', windowMs: 4_000 }, { not: { op: 'absent', metric: 'b', windowMs: 9_000 } }] },
];
/** On for most of the time, which begins at the epoch. */
const schedule: Rule['schedule'] = {
  intervals: [
    {
      times: [
        { startTime: '00:00', endTime: '00:01' },
        { startTime: '00:02', endTime: '24:00' },
      ],
    },
  ],
};
const rule = fc.record(
  {
    when: fc.constantFrom(...conditions),
    forMs: fc.constantFrom(0, 3_000),
    clear: fc.constant({ forMs: 1_000 }),
    schedule: fc.constant(schedule),
  },
  { requiredKeys: ['when'] },
);

const keys = ['t/d1', 't/d2', 't/d3'] as const;
const key = fc.constantFrom(...keys);
const id = fc.constantFrom('r1', 'r2');
const report = fc.record({ kind: fc.constant('report' as const), key, metric: fc.constantFrom('a', 'b') });
const device = fc.record({
  ...{ kind: fc.constant('device' as const), key },
  profile: fc.constantFrom('slow', 'fast', undefined),
});
const interruption = fc.constantFrom({ kind: 'restart' as const }, { kind: 'checkpoint' as const });
const inMs = fc.constantFrom(-5_000, -1_000, 0, 2_500);
const lastsMs = fc.constantFrom(500, 3_000, 20_000, 100_000);
/** Windows are made, changed and cancelled; installations begin, end, and do not end when they should. */
const expectation = fc.oneof(
  fc.record({
    ...{ kind: fc.constant('window' as const), key: fc.constantFrom('t/w1', 't/w2') },
    to: fc.option(
      fc.record({ scope: fc.constantFrom<Scope>({}, { devices: ['d1'] }, { profiles: ['slow'] }), inMs, lastsMs }),
      { nil: undefined },
    ),
  }),
  fc.record({
    ...{ kind: fc.constant('installation' as const), key },
    to: fc.option(fc.record({ inMs, lastsMs, endedInMs: fc.option(inMs, { nil: undefined }) }), { nil: undefined }),
  }),
);
type ExpectationStep = typeof expectation extends fc.Arbitrary<infer One> ? One : never;

function changeOf(one: ExpectationStep, atMs: number): FleetChange {
  if (one.to === undefined) return { of: one.kind, key: one.key, to: undefined };
  const fromMs = atMs + one.to.inMs;
  const untilMs = fromMs + one.to.lastsMs;
  if (one.kind === 'window') return { of: 'window', key: one.key, to: { scope: one.to.scope, fromMs, untilMs } };
  const ended = one.to.endedInMs === undefined ? {} : { endedMs: atMs + one.to.endedInMs };
  return { of: 'installation', key: one.key, to: { startedMs: fromMs, expectedUntilMs: untilMs, ...ended } };
}

const step = fc.oneof(
  { weight: 6, arbitrary: report },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      // Now and then another one ticks, whose clock is ahead.
      gateway: fc.constantFrom('g', 'g', 'g', 'g', 'h'),
      ms: fc.constantFrom(1_000, 1_000, 2_500, 60_000, -4_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('rule' as const), id, to: fc.option(rule, { nil: undefined }) }),
  },
  { weight: 1, arbitrary: device },
  { weight: 2, arbitrary: expectation },
  { weight: 2, arbitrary: interruption },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** Under rules that stay, and the clock of one gateway. */
const plainStep = fc.oneof(
  { weight: 4, arbitrary: report },
  {
    weight: 9,
    arbitrary: fc.record({
      ...{ kind: fc.constant('tick' as const), gateway: fc.constant('g') },
      ms: fc.constantFrom(1_000, 1_000, 2_500, 60_000),
    }),
  },
  { weight: 1, arbitrary: device },
  { weight: 4, arbitrary: expectation },
  { weight: 2, arbitrary: interruption },
);
const stayingRules = [
  { kind: 'rule', id: 'r1', to: { when: { op: 'absent', windowMs: 3_000 } } },
  { kind: 'rule', id: 'r2', to: { when: { op: 'absent', metric: 'b', windowMs: 6_000 } } },
] as const;

/** One life of a partition, or several. */
class Lives {
  readonly found = new Set<string>();
  private readonly fleet = new Fleet(() => ({ offsetMsAt: () => 0 }));
  private readonly partition: RestartingPartition;
  private atMs = 0;
  private versions = 0;

  constructor(restarts: boolean) {
    this.partition = new RestartingPartition(this.fleet, restarts);
    for (const [name, expectedReportIntervalMs] of [['slow', 2_000] as const, ['fast', 1_000] as const])
      this.fleet.apply({ of: 'profile', key: `t/${name}`, to: { expectedReportIntervalMs, metadata: {} } });
    for (const one of keys) this.put(one, 'fast');
  }

  live(one: Step): void {
    if (one.kind === 'report') {
      const { atMs } = this;
      this.partition.meet((to) => to.take(one.key, [{ ts: atMs, values: { [one.metric]: 1 } }], atMs + 10, this.sink));
    } else if (one.kind === 'tick') {
      const atMs = (this.atMs += one.ms);
      const clockMs = one.gateway === 'g' ? atMs : atMs + 5_000;
      this.partition.meet((to) => to.tick(one.gateway, clockMs, this.sink));
    } else if (one.kind === 'checkpoint') this.partition.save();
    else if (one.kind === 'restart') this.partition.restart();
    else this.change(one);
  }

  private readonly sink = (of: string, transition: object): void =>
    void this.found.add(`${of} ${JSON.stringify(transition)}`);

  private change(one: Extract<Step, { kind: 'rule' | 'device' | 'window' | 'installation' }>): void {
    const { life } = this.partition;
    if (one.kind === 'window') life.excuseAllOf('t');
    else if (one.kind !== 'rule') life.excuse(one.key);
    life.settle();
    this.partition.save();
    if (one.kind === 'device') this.put(one.key, one.profile);
    else if (one.kind === 'rule') {
      const version = (this.versions += 1);
      const to = one.to && { id: one.id, version, scope: {}, severity: 'minor' as const, ...one.to };
      this.fleet.apply({ of: 'rule', tenant: 't', id: one.id, to });
      life.rulesChanged('t');
    } else this.fleet.apply(changeOf(one, this.atMs));
  }

  private put(of: string, profile: string | undefined): void {
    const to = profile === undefined ? undefined : { profile, labels: {}, metadata: {} };
    this.fleet.apply({ of: 'device', key: of, to });
    this.partition.life.refresh(of);
  }
}

interface PlainlyWatched {
  readonly key: string;
  readonly rule: (typeof stayingRules)[number];
  heardMs: number;
  /** Whether that was between the last tick and the next one, so that its time is that of the next one. */
  isSinceTick: boolean;
  /** Since when it is absent. */
  silentAtMs: number | undefined;
}

/** As it is meant: what comes between two ticks counts as of the latter, and whenever anything happens, all that is watched is held against all by which silence is expected. */
class PlainWatch {
  readonly found = new Set<string>();
  private readonly profiles = new Map<string, string | undefined>(keys.map((one) => [one, 'fast']));
  private readonly expectations = new Map<string, FleetChange>();
  private readonly watched = new Map<string, PlainlyWatched>();
  private atMs = 0;
  private liveMs = 0;
  private ticks = 0;

  live(one: Step): void {
    if (one.kind === 'tick') {
      this.tick(one.ms);
      return;
    }
    if (one.kind === 'window') this.endWhatIsExpected();
    else if (one.kind === 'installation' || one.kind === 'device') this.endWhatIsExpected(one.key);
    if (one.kind === 'report') this.report(one);
    else if (one.kind === 'window' || one.kind === 'installation')
      this.expectations.set(`${one.kind} ${one.key}`, changeOf(one, this.atMs));
    else if (one.kind === 'device') this.profiles.set(one.key, one.profile);
    for (const [name, { key: of }] of this.watched) if (this.profiles.get(of) === undefined) this.watched.delete(name);
    this.excuse(this.atMs);
  }

  /** Before a change, whatever it is: up to the next tick. @param of the device that it is about, undefined = all */
  private endWhatIsExpected(of?: string): void {
    for (const one of this.watched.values())
      if ((of ?? one.key) === one.key && this.isExpectedAt(one.key, this.atMs)) one.isSinceTick = true;
  }

  private report({ key: of, metric }: Extract<Step, { kind: 'report' }>): void {
    if (this.profiles.get(of) === undefined) return;
    for (const one of stayingRules) {
      const name = `${of} ${one.id}`;
      const isNew = { key: of, rule: one, heardMs: this.liveMs, isSinceTick: true, silentAtMs: undefined };
      const known = this.watched.get(name) ?? isNew;
      this.watched.set(name, known);
      if (one.id === 'r2' && metric !== 'b') continue;
      known.isSinceTick = true;
      if (known.silentAtMs !== undefined) this.note(known, 'cleared', known.silentAtMs, this.atMs + 10);
      known.silentAtMs = undefined;
    }
  }

  private tick(ms: number): void {
    const beforeMs = this.atMs;
    this.atMs += ms;
    const jumps = (this.ticks += 1) === 1 || ms > maxStepMs;
    if (!jumps) {
      this.liveMs += ms;
      for (const one of this.watched.values()) {
        if (one.isSinceTick) one.heardMs = this.liveMs;
        one.isSinceTick = false;
      }
    }
    this.excuse(jumps ? beforeMs : this.atMs);
    for (const one of this.watched.values()) {
      const isDue = !one.isSinceTick && one.heardMs + one.rule.to.when.windowMs <= this.liveMs;
      if (!isDue || one.silentAtMs !== undefined) continue;
      one.silentAtMs = this.atMs;
      this.note(one, 'raised', this.atMs, this.atMs);
    }
  }

  /** @param liveAtMs when live time was what it is now, at first: over a jump it stands still */
  private excuse(liveAtMs: number): void {
    for (const one of this.watched.values()) {
      const untilMs = this.latestExpectedMs(one.key, liveAtMs - (this.liveMs - one.heardMs));
      one.heardMs = Math.max(one.heardMs, this.liveMs - Math.max(0, liveAtMs - untilMs));
    }
  }

  /** Moments are half a second apart. */
  private latestExpectedMs(of: string, sinceMs: number): number {
    for (let ms = this.atMs; ms >= sinceMs; ms -= 500) if (this.isExpectedAt(of, ms)) return ms;
    return Number.NEGATIVE_INFINITY;
  }

  private isExpectedAt(of: string, ms: number): boolean {
    return [...this.expectations.values()].some((one) => {
      if (one.of === 'window' && one.to !== undefined) {
        const { devices = [of.slice(2)], profiles = [this.profiles.get(of)] } = one.to.scope;
        if (!devices.includes(of.slice(2)) || !profiles.includes(this.profiles.get(of) as string)) return false;
        return one.to.fromMs <= ms && ms <= one.to.untilMs;
      }
      if (one.of !== 'installation' || one.to === undefined || one.key !== of) return false;
      const { startedMs, expectedUntilMs, endedMs = expectedUntilMs } = one.to;
      const untilMs = Math.min(expectedUntilMs, endedMs);
      return startedMs < untilMs && startedMs <= ms && ms <= untilMs;
    });
  }

  private note(one: PlainlyWatched, kind: 'raised' | 'cleared', startMs: number, atMs: number): void {
    const version = 1 + stayingRules.indexOf(one.rule);
    this.found.add(`${one.key} ${JSON.stringify({ kind, rule: one.rule.id, version, startMs, atMs })}`);
  }
}

function run(steps: readonly Step[], restarts: boolean): string[] {
  const lives = new Lives(restarts);
  for (const one of steps) lives.live(one);
  return [...lives.found].sort();
}

describe('rules about nothing but silence', () => {
  test('find the same whether the partition was restarted and replayed in between or not', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => {
        expect(run(steps, true)).toEqual(run(steps, false));
      }),
      { numRuns: 400 },
    );
  });

  test('find nothing while silence is expected, and what is silent from then on, whatever changes or is restarted', () => {
    let longest = 0;
    fc.assert(
      fc.property(fc.array(plainStep, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => {
        const [lives, plain] = [new Lives(true), new PlainWatch()];
        for (const one of stayingRules) lives.live(one);
        for (const one of steps) {
          lives.live(one);
          plain.live(one);
        }
        expect([...lives.found].sort()).toEqual([...plain.found].sort());
        longest = Math.max(longest, plain.found.size);
      }),
      { numRuns: 400 },
    );
    expect(longest).toBeGreaterThan(10);
  });

  test('make nothing of a device to save with its reports, and know after a restart when the last one came', () => {
    const fleet = new Fleet(() => ({ offsetMsAt: () => 0 }));
    const put = (id: string): void => {
      const to: Rule = { id, version: 1, scope: {}, when: { op: 'absent', windowMs: 5_000 }, severity: 'minor' };
      fleet.apply({ of: 'rule', tenant: 't', id, to });
    };
    put('r1');
    fleet.apply({ of: 'device', key: 't/d', to: { profile: 'p', labels: {}, metadata: {} } });
    const found: string[] = [];
    const sink = (_: string, one: { kind: string; rule: string; atMs: number }): void =>
      void found.push(`${one.rule} ${one.kind} at ${one.atMs}`);
    let partition = new PartitionEvaluator(fleet);
    const hear = (atMs: number): void => partition.take('t/d', [{ ts: atMs, values: {} }], atMs, sink);
    const tick = (fromMs: number, toMs: number): void => {
      for (let atMs = fromMs; atMs <= toMs; atMs += 1_000) partition.tick('g', atMs, sink);
    };
    const restart = (device: DeviceMemory | undefined): void => {
      const memory = partition.memory();
      partition = new PartitionEvaluator(fleet);
      partition.recallPartition(memory);
      partition.recall('t/d', device as DeviceMemory);
    };
    tick(0, 1_000);
    hear(1_100);
    const [[, first] = []] = partition.changes();
    tick(2_000, 4_000);
    hear(4_100);
    expect([...partition.changes()]).toEqual([]);
    restart(first);
    // A rule that comes later counts from then on, not from the report before it.
    tick(5_000, 6_000);
    put('r2');
    partition.rulesChanged('t');
    partition.settle();
    const [[, second] = []] = partition.changes();
    restart(second);
    tick(7_000, 12_000);
    expect(found).toEqual(['r1 raised at 10000', 'r2 raised at 12000']);
  });
});
