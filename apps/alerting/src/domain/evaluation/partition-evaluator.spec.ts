import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Rule } from '../rules/rule.js';
import { decodeMemory, encodeMemory } from './device-memory-codec.js';
import { PartitionEvaluator, type KnownDevice, type Surroundings } from './partition-evaluator.js';
import type { Reading } from './reading.js';
import { RuleBook } from './rule-book.js';

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
  | { readonly kind: 'restart'; readonly replayed: number };

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
      id: fc.constantFrom('r1', 'r2'),
      limit: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      latenessMs: fc.constantFrom(0, 2_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('site' as const), key, site: fc.constantFrom('s1', 's2') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), replayed: fc.nat(4) }) },
);

/** Rules and devices as their tables say. */
class World implements Surroundings {
  readonly books = new Map(['t1', 't2'].map((tenant) => [tenant, new RuleBook(() => ({ offsetMsAt: () => 0 }))]));
  readonly devices = new Map<string, KnownDevice>();
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

  move(one: string, site: string): void {
    const facts = { device: one.slice(3), profile: 'p', site, labels: {}, timeZone: 'UTC' };
    this.devices.set(one, { facts, limits: () => undefined, revision: (this.devices.get(one)?.revision ?? 0) + 1 });
  }

  change({ tenant, id, limit, latenessMs }: Extract<Step, { kind: 'rule' }>): void {
    const book = this.books.get(tenant) as RuleBook;
    if (limit === undefined) {
      book.remove(id);
      return;
    }
    const scope: Rule['scope'] = id === 'r1' ? {} : { sites: ['s1'] };
    const when: Rule['when'] = { metric: 'a', aggregate: 'max', windowMs: 5_000, op: '>', value: limit };
    book.put({ id, version: (this.versions += 1), scope, when, latenessMs, severity: 'minor' });
  }
}

/** @param restarts whether restarts happen; without, the same history in one life */
function run(steps: readonly Step[], restarts: boolean): string[] {
  const world = new World();
  const found = new Set<string>();
  const saved = new Map<string, Uint8Array>();
  let partition = new PartitionEvaluator(world);
  let replay: [string, readonly Reading[]][] = [];
  let ts = 0;
  const take = (one: string, readings: readonly Reading[]): void =>
    partition.take(one, readings, (of, { kind, rule, version, startMs, atMs }) => {
      found.add(`${of} ${rule}@${version} of ${startMs} ${kind} at ${atMs}`);
    });
  const save = (): void => {
    for (const [one, memory] of partition.changes()) {
      if (memory === undefined) saved.delete(one);
      else saved.set(one, encodeMemory(memory));
    }
    replay = [];
  };
  for (const one of steps) {
    if (one.kind === 'report') {
      const readings = one.values.map((a) => ({ ts: (ts += one.gapMs), values: { a } }));
      take(one.key, readings);
      replay.push([one.key, readings]);
      if (restarts && replay.length > 3) save();
    } else if (one.kind === 'restart' && restarts) {
      partition = new PartitionEvaluator(world);
      for (const [of, bytes] of saved)
        partition.recall(of, decodeMemory(bytes) as NonNullable<ReturnType<typeof decodeMemory>>);
      for (const [of, readings] of replay) take(of, readings);
    } else if (one.kind !== 'restart') {
      // A change is applied between two checkpoints, so that what is replayed meets the rules that it met before.
      partition.settle();
      if (restarts) save();
      if (one.kind === 'rule') {
        world.change(one);
        partition.rulesChanged(one.tenant);
        partition.sweep(one.limit ?? 1);
      } else {
        world.move(one.key, one.site);
        partition.refresh(one.key);
        if (restarts) save();
      }
    }
  }
  return [...found];
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
      partition.take(one, [{ ts: 1, values: { a: 5 } }], (of) => void found.push(of));
    expect(found).toEqual(['t1/d1']);
    expect(partition.size).toBe(1);
    world.move('t1/d1', 's2');
    partition.take('t1/d1', [{ ts: 2, values: { a: 5 } }], () => undefined);
    expect(partition.size).toBe(0);
    expect([...partition.changes()]).toEqual([['t1/d1', undefined]]);
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
      world.devices.set('t1/d1', { facts, limits: () => limit, revision: 10 + ts });
      partition.take('t1/d1', [{ ts, values: { a: 5 } }], (_, { kind }) => void found.push(`${kind} at ${ts}`));
    });
    expect(found).toEqual(['raised at 1', 'cleared at 2']);
  });

  test('counts what is late and what came again', () => {
    const world = new World();
    world.change({ kind: 'rule', tenant: 't1', id: 'r1', limit: 3, latenessMs: 0 });
    const partition = new PartitionEvaluator(world);
    const at = (ts: number): Reading => ({ ts, values: { a: 1 } });
    partition.take('t1/d1', [at(5), at(5), at(4), at(6)], () => undefined);
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
