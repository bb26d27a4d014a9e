import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Fleet } from '../fleet/fleet.js';
import type { Condition, Rule } from '../rules/rule.js';
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
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('report' as const), key, metric: fc.constantFrom('a', 'b') }) },
  {
    weight: 9,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.constantFrom(1_000, 2_500, 60_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('rule' as const), id, to: fc.option(rule, { nil: undefined }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('device' as const),
      key,
      profile: fc.constantFrom('slow', 'fast', undefined),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'restart' as const }, { kind: 'checkpoint' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

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
      this.partition.meet((to) => to.tick('g', atMs, this.sink));
    } else if (one.kind === 'checkpoint') this.partition.save();
    else if (one.kind === 'restart') this.partition.restart();
    else this.change(one);
  }

  private readonly sink = (of: string, transition: object): void =>
    void this.found.add(`${of} ${JSON.stringify(transition)}`);

  private change(one: Extract<Step, { kind: 'rule' | 'device' }>): void {
    this.partition.life.settle();
    this.partition.save();
    if (one.kind === 'device') this.put(one.key, one.profile);
    else {
      const version = (this.versions += 1);
      const to = one.to && { id: one.id, version, scope: {}, severity: 'minor' as const, ...one.to };
      this.fleet.apply({ of: 'rule', tenant: 't', id: one.id, to });
      this.partition.life.rulesChanged('t');
    }
  }

  private put(of: string, profile: string | undefined): void {
    const to = profile === undefined ? undefined : { profile, labels: {}, metadata: {} };
    this.fleet.apply({ of: 'device', key: of, to });
    this.partition.life.refresh(of);
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
    expect(found).toEqual(['r1 raised at 9000', 'r2 raised at 11000']);
  });
});
