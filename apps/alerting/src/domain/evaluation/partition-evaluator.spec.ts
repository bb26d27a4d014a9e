import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Rule, Schedule } from '../rules/rule.js';
import { decodeMemory, encodeMemory } from './device-memory-codec.js';
import type { DeviceMemory } from './device-evaluator.js';
import { ExpectedSilence } from './expected-silence.js';
import {
  type DeviceTransitionSink,
  type KnownDevice,
  PartitionEvaluator,
  type Surroundings,
} from './partition-evaluator.js';
import type { Reading } from './reading.js';
import { RestartingPartition } from './restarting-partition-fixture.js';
import { type ReadingSource, RuleBook } from './rule-book.js';

const keys = ['t1/d1', 't1/d2', 't2/d1'] as const;

type Step =
  | { readonly kind: 'report'; readonly key: string; readonly values: readonly number[]; readonly gapMs: number }
  | {
      readonly kind: 'rule';
      readonly tenant: string;
      readonly id: string;
      readonly limit: number | undefined;
      readonly latenessMs: number;
    }
  | { readonly kind: 'site'; readonly key: string; readonly site: string }
  | { readonly kind: 'tick'; readonly gateway: string; readonly ms: number }
  | { readonly kind: 'restart' };

const key = fc.constantFrom(...keys);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      key,
      values: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }),
      gapMs: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rule' as const),
      tenant: fc.constantFrom('t1', 't2'),
      id: fc.constantFrom('r1', 'r2', 'r3'),
      limit: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      latenessMs: fc.constantFrom(0, 2_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('site' as const), key, site: fc.constantFrom('s1', 's2') }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'restart' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      gateway: fc.constantFrom('g1', 'g2'),
      ms: fc.constantFrom(500, 1_000, 2_000, 60_000),
    }),
  },
);

/** On and off in the first minutes of both gateways, and of devices. */
const schedule: Schedule = {
  intervals: [
    {
      times: [
        { startTime: '00:00', endTime: '00:17' },
        { startTime: '00:18', endTime: '00:19' },
        { startTime: '00:20', endTime: '01:24' },
        { startTime: '01:25', endTime: '24:00' },
      ],
    },
  ],
};

/** Rules and devices as their tables say. */
class World implements Surroundings {
  readonly books = new Map(['t1', 't2'].map((tenant) => [tenant, new RuleBook(() => ({ offsetMsAt: () => 0 }))]));
  readonly devices = new Map<string, KnownDevice>();
  /** Of tenant t1. */
  readonly expected = new ExpectedSilence();
  private versions = 0;

  constructor() {
    for (const one of keys) this.move(one, 's1');
  }

  rulesOf(tenant: string): RuleBook | undefined {
    return this.books.get(tenant);
  }

  deviceOf(one: string): KnownDevice | undefined {
    return this.devices.get(one);
  }

  expectedSilenceOf(tenant: string): ExpectedSilence | undefined {
    return tenant === 't1' ? this.expected : undefined;
  }

  move(one: string, site: string): void {
    const facts = { device: one.slice(3), profile: 'p', site, labels: {}, timeZone: 'UTC' };
    this.devices.set(one, {
      facts,
      limits: () => undefined,
      silenceMs: 3_000,
      revision: (this.devices.get(one)?.revision ?? 0) + 1,
    });
  }

  change({ tenant, id, limit, latenessMs }: Extract<Step, { kind: 'rule' }>): void {
    const book = this.books.get(tenant) as RuleBook;
    if (limit === undefined) {
      book.remove(id);
      return;
    }
    const scope: Rule['scope'] = id === 'r1' ? {} : { sites: ['s1'] };
    const most: Rule['when'] = { metric: 'a', aggregate: 'max', windowMs: 5_000, op: '>', value: limit };
    const absent: Rule['when'] = { op: 'absent', ...(limit > 4 ? { windowMs: limit * 500 } : {}) };
    const when: Rule['when'] =
      id === 'r3' ? { any: [absent, { all: [most, { op: 'absent', metric: 'b', windowMs: 2_000 }] }] } : most;
    const parts = { ...{ scope, when, latenessMs }, ...(limit % 3 === 0 ? {} : { schedule }) };
    book.put({ id, version: (this.versions += 1), severity: 'minor', ...parts });
  }
}

/** One life of a partition, or several; what was found, in any order. */
class Lives {
  readonly world = new World();
  readonly found = new Set<string>();
  private readonly partition: RestartingPartition;
  private readonly gatewaysMs = new Map([
    ['g1', 1_000_000],
    ['g2', 5_000_000],
  ]);
  private ts = 0;

  constructor(restarts: boolean) {
    this.partition = new RestartingPartition(this.world, restarts);
  }

  live(step: Step): void {
    if (step.kind === 'report') this.report(step);
    else if (step.kind === 'tick') this.tick(step);
    else if (step.kind === 'restart') this.partition.restart();
    else this.change(step);
  }

  private report({ key: of, values, gapMs }: Extract<Step, { kind: 'report' }>): void {
    const readings = values.map((a) => ({ ts: (this.ts += gapMs), values: { a } }));
    const receivedAtMs = this.ts + 100;
    this.meet((to) => to.take(of, readings, receivedAtMs, this.sink));
  }

  private tick({ gateway, ms }: Extract<Step, { kind: 'tick' }>): void {
    const atMs = (this.gatewaysMs.get(gateway) as number) + ms;
    this.gatewaysMs.set(gateway, atMs);
    this.meet((to) => to.tick(gateway, atMs, this.sink));
  }

  private readonly sink: DeviceTransitionSink = (of, { kind, rule, version, startMs, atMs, reason }) => {
    this.found.add(`${of} ${rule}@${version} of ${startMs} ${kind} at ${atMs} ${reason}`);
  };

  private meet(record: (to: PartitionEvaluator) => void): void {
    this.partition.meet(record);
    if (this.partition.restarts && this.partition.unsaved > 4) this.partition.save();
  }

  /** A change is applied between two savings, so that what is replayed meets the rules that it met before. */
  private change(step: Extract<Step, { kind: 'rule' | 'site' }>): void {
    const { partition } = this;
    partition.life.settle();
    if (partition.restarts) partition.save();
    if (step.kind === 'rule') {
      this.world.change(step);
      partition.life.rulesChanged(step.tenant);
    } else {
      this.world.move(step.key, step.site);
      partition.life.refresh(step.key);
      if (partition.restarts) partition.save();
    }
  }
}

function run(steps: readonly Step[], restarts: boolean): string[] {
  const lives = new Lives(restarts);
  for (const one of steps) lives.live(one);
  return [...lives.found];
}

describe('a partition under the rules of its tenants', () => {
  test('finds the same transitions whether it was restarted and replayed in between or not', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), (steps) => {
        expect(run(steps, true).sort()).toEqual(run(steps, false).sort());
      }),
      { numRuns: 500 },
    );
  });

  test('keeps the devices of tenants apart, and remembers nothing of those that no rule concerns', () => {
    const world = new World();
    world.change({ kind: 'rule', tenant: 't1', id: 'r2', limit: 3, latenessMs: 0 });
    world.move('t1/d2', 's2');
    const partition = new PartitionEvaluator(world);
    const found: string[] = [];
    for (const one of [...keys, 't3/d1', 't1/unknown'])
      partition.take(one, [{ ts: 1, values: { a: 5 } }], 1, (of) => void found.push(of));
    expect(found).toEqual(['t1/d1']);
    expect(partition.size).toBe(1);
    world.move('t1/d1', 's2');
    partition.take('t1/d1', [{ ts: 2, values: { a: 5 } }], 2, () => undefined);
    expect(partition.size).toBe(0);
    expect([...partition.changes()]).toEqual([['t1/d1', undefined]]);
  });

  test('says that a device is silent by the tick after its deadline and never before it, and that it is not with its next message, by live time', () => {
    const world = new World();
    (world.books.get('t1') as RuleBook).put({
      id: 'r1',
      version: 1,
      scope: {},
      when: { op: 'absent' },
      severity: 'minor',
    });
    const partition = new PartitionEvaluator(world);
    const found: string[] = [];
    const sink: DeviceTransitionSink = (of, { kind, atMs }) => void found.push(`${of} ${kind} at ${atMs}`);
    const tick = (...atMs: number[]): void => atMs.forEach((ms) => partition.tick('g', ms, sink));
    tick(10_000);
    partition.take('t1/d1', [{ ts: 1, values: {} }], 10_100, sink);
    tick(11_000, 12_000);
    // Two minutes without gateways are no silence of devices.
    tick(132_000);
    expect(found).toEqual([]);
    tick(133_000);
    // The message may have come just before the tick that followed it: 2 s of 3 are over, or nearly 3.
    expect(found).toEqual([]);
    tick(134_000);
    expect(found).toEqual(['t1/d1 raised at 134000']);
    partition.take('t1/d1', [{ ts: 0, values: {} }], 134_500, sink);
    expect(found).toEqual(['t1/d1 raised at 134000', 't1/d1 cleared at 134500']);
  });

  test('asks anew about silence that lasts when the schedule of its rule begins and ends', () => {
    const world = new World();
    (world.books.get('t1') as RuleBook).put({
      ...{ id: 'r1', version: 1, scope: {}, when: { op: 'absent' }, severity: 'minor' },
      schedule: { intervals: [{ times: [{ startTime: '00:01', endTime: '00:02' }] }] },
    });
    const found: string[] = [];
    const sink: DeviceTransitionSink = (of, { kind, atMs, reason }) =>
      void found.push(`${of} ${kind} at ${atMs} ${reason ?? ''}`.trimEnd());
    let partition = new PartitionEvaluator(world);
    partition.tick('g', 50_000, sink);
    partition.take('t1/d1', [{ ts: 1, values: {} }], 50_100, sink);
    for (let atMs = 51_000; atMs < 90_000; atMs += 1_000) partition.tick('g', atMs, sink);
    expect(found).toEqual(['t1/d1 raised at 60000']);
    const [memory, devices] = [partition.memory(), [...partition.changes()]];
    partition = new PartitionEvaluator(world);
    partition.recallPartition(memory);
    for (const [of, device] of devices) partition.recall(of, device as DeviceMemory);
    for (let atMs = 90_000; atMs < 125_000; atMs += 1_000) partition.tick('g', atMs, sink);
    expect(found).toEqual(['t1/d1 raised at 60000', 't1/d1 cleared at 120000 schedule-ended']);
    partition.take('t1/d1', [{ ts: 2, values: {} }], 125_100, sink);
    expect(found).toHaveLength(2);
  });

  test('holds no reading of a device about which only its silence matters', () => {
    const world = new World();
    const rules = world.books.get('t1') as RuleBook;
    rules.put({ id: 'r1', version: 1, scope: {}, when: { op: 'absent' }, latenessMs: 5_000, severity: 'minor' });
    const partition = new PartitionEvaluator(world);
    partition.take('t1/d1', [{ ts: 1, values: { a: 5 } }], 1, () => undefined);
    expect([...partition.changes()]).toMatchObject([['t1/d1', { rules: [{ id: 'r1' }], lanes: [] }]]);
  });

  test('leaves rules about data quality to the partitions of that, and the reverse', () => {
    const world = new World();
    const rules = world.books.get('t1') as RuleBook;
    const hot: Rule['when'] = { metric: 'a', op: '>', value: 3 };
    const slow: Rule['when'] = { metric: '$quality.delayMaxMs', op: '>', value: 3 };
    rules.put({ id: 'hot', version: 1, scope: {}, when: hot, severity: 'minor' });
    rules.put({ id: 'slow', version: 1, scope: {}, when: { not: slow }, clear: { when: slow }, severity: 'minor' });
    const raisedBy = (source: ReadingSource): string[] => {
      const found: string[] = [];
      const values = { a: 5, '$quality.delayMaxMs': 2 };
      new PartitionEvaluator(world, source).take(
        't1/d1',
        [{ ts: 1, values }],
        1,
        (_, { rule }) => void found.push(rule),
      );
      return found;
    };
    expect([raisedBy('measurements'), raisedBy('quality')]).toEqual([['hot'], ['slow']]);
  });

  test('lets the devices of every tenant follow when rules of several have changed at once', () => {
    const world = new World();
    const put = (tenant: string, version: number, windowMs: number): void =>
      (world.books.get(tenant) as RuleBook).put({
        ...{ id: 'r1', version, scope: {}, severity: 'minor' },
        when: { op: 'absent', windowMs },
      });
    const partition = new PartitionEvaluator(world);
    const found: string[] = [];
    const sink: DeviceTransitionSink = (of, { kind, version }) => void found.push(`${of} ${kind} by ${version}`);
    for (const tenant of ['t1', 't2']) put(tenant, 1, 60_000);
    partition.tick('g', 10_000, sink);
    for (const one of ['t1/d1', 't2/d1']) partition.take(one, [{ ts: 1, values: {} }], 10_100, sink);
    for (const tenant of ['t1', 't2']) {
      put(tenant, 2, 2_000);
      partition.rulesChanged(tenant);
    }
    for (const atMs of [11_000, 12_000, 13_000, 14_000]) partition.tick('g', atMs, sink);
    expect(found.sort()).toEqual(['t1/d1 raised by 2', 't2/d1 raised by 2']);
  });

  test('hears of a device that never said anything when it is silent for too long since it was met', () => {
    const world = new World();
    const rules = world.books.get('t1') as RuleBook;
    rules.put({ id: 'hot', version: 1, scope: {}, when: { metric: 'a', op: '>', value: 3 }, severity: 'minor' });
    let partition = new PartitionEvaluator(world);
    const found: string[] = [];
    const sink: DeviceTransitionSink = (of, { kind, atMs }) => void found.push(`${of} ${kind} at ${atMs}`);
    partition.tick('g', 10_000, sink);
    partition.meet('t1/d1');
    // No rule asks whether it is silent.
    expect(partition.size).toBe(0);
    rules.put({ id: 'silent', version: 1, scope: {}, when: { op: 'absent', windowMs: 3_000 }, severity: 'minor' });
    partition.rulesChanged('t1');
    for (const key of ['t1/d1', 't1/unknown', 't2/d1']) partition.meet(key);
    expect(partition.size).toBe(1);
    // In an outage nobody could have heard it; and it is not met anew.
    for (const atMs of [11_000, 80_000, 81_000]) partition.tick('g', atMs, sink);
    partition.meet('t1/d1');
    const memory = partition.memory();
    const devices = [...partition.changes()];
    partition = new PartitionEvaluator(world);
    partition.recallPartition(memory);
    for (const [key, device] of devices) if (device !== undefined) partition.recall(key, device);
    partition.meet('t1/d1');
    for (const atMs of [82_000, 83_000, 84_000]) partition.tick('g', atMs, sink);
    expect(found).toEqual(['t1/d1 raised at 83000']);
    partition.take('t1/d1', [{ ts: 1, values: {} }], 84_500, sink);
    expect(found).toEqual(['t1/d1 raised at 83000', 't1/d1 cleared at 84500']);
  });

  describe('while silence is expected', () => {
    const found: string[] = [];
    const sink: DeviceTransitionSink = (of, { kind, atMs }) => void found.push(`${of} ${kind} at ${atMs}`);
    const tick = (partition: PartitionEvaluator, fromMs: number, toMs = fromMs): void => {
      for (let atMs = fromMs; atMs <= toMs; atMs += 1_000) partition.tick('g', atMs, sink);
    };
    const watching = (world: World): PartitionEvaluator => {
      found.length = 0;
      (world.books.get('t1') as RuleBook).put({
        ...{ id: 'r1', version: 1, scope: { devices: ['d1'] }, severity: 'minor' },
        when: { op: 'absent', windowMs: 3_000 },
      });
      const partition = new PartitionEvaluator(world);
      tick(partition, 10_000);
      partition.take('t1/d1', [{ ts: 1, values: {} }], 10_100, sink);
      return partition;
    };

    test('a device that says nothing is not silent, and is from its deadline after the end on', () => {
      const world = new World();
      world.expected.setWindow('w', { scope: {}, fromMs: 11_000, untilMs: 60_400 });
      const partition = watching(world);
      tick(partition, 11_000, 63_000);
      expect(found).toEqual([]);
      tick(partition, 64_000);
      partition.take('t1/d1', [{ ts: 1, values: {} }], 64_500, sink);
      expect(found).toEqual(['t1/d1 raised at 64000', 't1/d1 cleared at 64500']);
    });

    test('a device that was silent before stays so until it is heard', () => {
      const world = new World();
      const partition = watching(world);
      tick(partition, 11_000, 14_000);
      world.expected.setWindow('w', { scope: {}, fromMs: 14_500, untilMs: 60_000 });
      tick(partition, 15_000, 20_000);
      expect(found).toEqual(['t1/d1 raised at 14000']);
      partition.take('t1/d1', [{ ts: 1, values: {} }], 20_500, sink);
      tick(partition, 21_000, 62_000);
      expect(found.slice(1)).toEqual(['t1/d1 cleared at 20500']);
    });

    test('a device has its whole deadline when the expectation is cancelled', () => {
      const world = new World();
      world.expected.setWindow('w', { scope: {}, fromMs: 0, untilMs: 60_000 });
      const partition = watching(world);
      tick(partition, 11_000, 15_000);
      partition.excuseAllOf('t1');
      world.expected.setWindow('w', undefined);
      tick(partition, 16_000, 18_000);
      expect(found).toEqual([]);
      tick(partition, 19_000);
      expect(found).toEqual(['t1/d1 raised at 19000']);
    });

    test('a device has its whole deadline after an outage in which the expectation ended', () => {
      const world = new World();
      world.expected.setWindow('w', { scope: {}, fromMs: 11_000, untilMs: 60_000 });
      const partition = watching(world);
      tick(partition, 11_000, 12_000);
      tick(partition, 500_000, 502_000);
      expect(found).toEqual([]);
      tick(partition, 503_000);
      expect(found).toEqual(['t1/d1 raised at 503000']);
    });

    test('another device is silent as ever', () => {
      const world = new World();
      world.expected.setInstallation('d2', { startedMs: 0, expectedUntilMs: 60_000 });
      const partition = watching(world);
      tick(partition, 11_000, 14_000);
      expect(found).toEqual(['t1/d1 raised at 14000']);
    });
  });

  test('takes over limits of metadata when they change', () => {
    const world = new World();
    const rules = world.books.get('t1') as RuleBook;
    const value = { from: 'device', path: '/limit' } as const;
    rules.put({ id: 'r1', version: 1, scope: {}, when: { metric: 'a', op: '>', value }, severity: 'minor' });
    const partition = new PartitionEvaluator(world);
    const found: string[] = [];
    [undefined, 3, 9].forEach((limit, ts) => {
      const { facts } = world.devices.get('t1/d1') as KnownDevice;
      world.devices.set('t1/d1', { facts, limits: () => limit, silenceMs: 3_000, revision: 10 + ts });
      partition.take('t1/d1', [{ ts, values: { a: 5 } }], ts, (_, { kind }) => void found.push(`${kind} at ${ts}`));
    });
    expect(found).toEqual(['raised at 1', 'cleared at 2']);
  });

  test('counts what is late and what came again', () => {
    const world = new World();
    world.change({ kind: 'rule', tenant: 't1', id: 'r1', limit: 3, latenessMs: 0 });
    const partition = new PartitionEvaluator(world);
    const at = (ts: number): Reading => ({ ts, values: { a: 1 } });
    partition.take('t1/d1', [at(5), at(5), at(4), at(6)], 9, () => undefined);
    expect(partition.arrivals).toEqual({ taken: 2, late: 1, duplicate: 1 });
  });
});

describe('the memory of a device as bytes', () => {
  test('keeps every bit of the slots, and times that were never set', () => {
    const slot = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, -0, Number.NEGATIVE_INFINITY));
    const time = fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), fc.integer());
    const memory = fc.record({
      rules: fc.array(
        fc.record({ id: fc.string(), version: fc.nat(), slots: fc.array(slot).map((all) => Float64Array.from(all)) }),
      ),
      lanes: fc.array(
        fc.record({
          latenessMs: fc.nat(),
          buffer: fc.record({
            greatestMs: time,
            doneMs: time,
            held: fc.array(fc.record({ ts: fc.integer(), values: fc.constant({ a: 1, b: 'x' }) })),
          }),
        }),
      ),
    });
    fc.assert(fc.property(memory, (one) => expect(decodeMemory(encodeMemory(one))).toEqual(one)));
  });

  test('of a later version are not guessed at', () => {
    expect(decodeMemory(Uint8Array.of(2, 0, 0, 0, 0))).toBeUndefined();
  });
});
