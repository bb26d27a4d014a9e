import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PoisonRecord, type ReceivedRecord } from '@myelin/messaging';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import type { DeviceTransition } from '../src/domain/evaluation/transition.js';
import { Fleet, type FleetChange } from '../src/domain/fleet/fleet.js';
import type { Rule } from '../src/domain/rules/rule.js';
import { EvaluateRulesHandler } from '../src/features/evaluate-rules/evaluate-rules.handler.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { aBatch, aReport, aTick, asTheRunner, telemetryTopic } from './telemetry-records.js';

let database: DatabaseFixture;
let partitions = 0;
beforeAll(async () => {
  database = await useDatabase({ service: 'alerting', migrations, entities });
});
afterAll(() => database.dispose());

const devices = ['acme/d1', 'acme/d2', 'other/d1'] as const;
const startMs = 1_795_420_800_000;

const hot = (limit: number, version: number): Rule => ({
  ...{ id: 'hot', version, scope: {}, severity: 'major', latenessMs: 2_000 },
  when: { metric: 't', aggregate: 'max', windowMs: 5_000, op: '>', value: limit },
});
const silent: Rule = {
  id: 'silent',
  version: 1,
  scope: {},
  severity: 'minor',
  when: { op: 'absent', windowMs: 3_000 },
};
const ruleChange = (rule: Rule, tenant = 'acme'): FleetChange => ({ of: 'rule', tenant, id: rule.id, to: rule });
const deviceChange = (key: string, site: string): FleetChange => ({
  ...{ of: 'device', key },
  to: { profile: 'p', site, labels: {}, metadata: {} },
});

/** @param site undefined = it is cancelled */
const windowChange = (key: string, site: string | undefined, inMs: number, nowMs = startMs): FleetChange => ({
  ...{ of: 'window', key },
  to:
    site === undefined ? undefined : { scope: { sites: [site] }, fromMs: nowMs + inMs, untilMs: nowMs + inMs + 60_000 },
});
const installationChange = (key: string, startedMs: number, lastsMs: number): FleetChange => ({
  ...{ of: 'installation', key },
  to: { startedMs, expectedUntilMs: startedMs + lastsMs },
});

function aFleet(): Fleet {
  const fleet = new Fleet(() => ({ offsetMsAt: () => 0 }));
  for (const key of devices) fleet.apply(deviceChange(key, 's1'));
  return fleet;
}

const nameOf = ({ key, kind, rule, version, startMs: start, atMs }: DeviceTransition): string =>
  `${key} ${rule}@${version} of ${start} ${kind} at ${atMs}`;

type Step =
  | { readonly kind: 'report'; readonly device: number; readonly values: readonly number[]; readonly gapMs: number }
  | { readonly kind: 'tick'; readonly gapMs: number }
  | { readonly kind: 'rule'; readonly limit: number }
  | { readonly kind: 'rule-gone' }
  | { readonly kind: 'move'; readonly device: number; readonly site: string }
  | { readonly kind: 'window'; readonly site: string | undefined; readonly inMs: number }
  | { readonly kind: 'installation'; readonly device: number; readonly lastsMs: number }
  /** What the others must not notice. */
  | { readonly kind: 'restart' | 'checkpoint' | 'failure-before' | 'failure-behind' };

const gapMs = fc.integer({ min: 1, max: 2_500 });
const device = fc.nat(devices.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      ...{ kind: fc.constant('report' as const), device, gapMs },
      values: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('tick' as const), gapMs }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rule' as const), limit: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rule-gone' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('move' as const), device, site: fc.constantFrom('s1', 's2') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ kind: fc.constant('window' as const), site: fc.constantFrom('s1', 's2', undefined) },
      inMs: fc.constantFrom(-58_000, -1_000, 3_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ kind: fc.constant('installation' as const), device },
      lastsMs: fc.constantFrom(2_000, 20_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('restart', 'checkpoint', 'failure-before', 'failure-behind') }),
  },
);

/** In the order of each device: what one tick finds of several has none. */
const byDevice = (found: readonly string[]): string[] =>
  devices.flatMap((key) => found.filter((name) => name.startsWith(`${key} `)));

/** One history through as many lives as its steps say; each life has what the database has. */
class History {
  /** In the order in which they were applied first. */
  readonly found: string[] = [];
  private readonly fleet = aFleet();
  private readonly partition = (partitions += 1);
  private handler = this.life();
  private readonly records: ReceivedRecord[] = [];
  private nowMs = startMs;
  private version = 1;
  private fault: 'failure-before' | 'failure-behind' | undefined;

  constructor(private readonly disturbed: boolean) {}

  async live(steps: readonly Step[]): Promise<string[]> {
    await this.handler.load(telemetryTopic, [this.partition]);
    await this.handler.follow([ruleChange(hot(4, 1)), ruleChange(silent), ruleChange(silent, 'other')]);
    for (const one of steps) await this.step(one);
    return this.found;
  }

  private async step(one: Step): Promise<void> {
    switch (one.kind) {
      case 'report': {
        const values = one.values.map((t, i) => ({ ts: this.nowMs + i * 700 - (t % 3) * 600, seq: i, values: { t } }));
        this.nowMs += one.gapMs;
        return this.meet(aReport(this.place(), devices[one.device] as string, values));
      }
      case 'tick':
        this.nowMs += one.gapMs;
        return this.meet(aTick(this.place()));
      case 'rule':
        return this.follow(ruleChange(hot(one.limit, (this.version += 1))));
      case 'rule-gone':
        return this.follow({ of: 'rule', tenant: 'acme', id: 'hot', to: undefined });
      case 'move':
        return this.follow(deviceChange(devices[one.device] as string, one.site));
      case 'window':
        return this.follow(windowChange('acme/w', one.site, one.inMs, this.nowMs));
      case 'installation':
        return this.follow(installationChange(devices[one.device] as string, this.nowMs, one.lastsMs));
      default:
        if (this.disturbed) await this.disturb(one.kind);
    }
  }

  private async disturb(kind: 'restart' | 'checkpoint' | 'failure-before' | 'failure-behind'): Promise<void> {
    if (kind === 'checkpoint') return asTheRunner(() => this.handler.store());
    if (kind !== 'restart') {
      this.fault = kind;
      return;
    }
    this.handler = this.life();
    const positions = await this.handler.load(telemetryTopic, [this.partition]);
    const from = positions.get(this.partition) ?? 0n;
    const again = this.records.filter(({ offset }) => offset >= from);
    if (again.length > 0) await asTheRunner(() => this.handler.evaluate(aBatch(again)));
  }

  private follow(change: FleetChange): Promise<void> {
    return asTheRunner(() => this.handler.follow([change]));
  }

  private meet(record: ReceivedRecord): Promise<void> {
    this.records.push(record);
    return asTheRunner(() => this.handler.evaluate(aBatch([record])));
  }

  private place() {
    return { offset: this.records.length, partition: this.partition, timestampMs: this.nowMs };
  }

  private life(): EvaluateRulesHandler {
    const apply = async (tx: EntityManager, found: readonly DeviceTransition[]) => {
      await this.apply(tx, found);
      return () => undefined;
    };
    return new EvaluateRulesHandler(database.dataSource, this.fleet, {
      ...{ checkpointEveryMs: Number.POSITIVE_INFINITY, apply, fleetIsKnown: () => Promise.resolve() },
      placing: () => Promise.resolve({ partitions: 1, partitionOf: () => this.partition }),
    });
  }

  private async apply(tx: EntityManager, found: readonly DeviceTransition[]): Promise<void> {
    const { fault } = this;
    this.fault = undefined;
    if (fault === 'failure-before') await tx.query('SELECT 1 / 0');
    const known = new Set(this.found);
    this.found.push(...new Set(found.map(nameOf).filter((name) => !known.has(name))));
    if (fault === 'failure-behind') await tx.query('SELECT 1 / 0');
  }
}

describe('the evaluation of a partition', () => {
  test('finds the same, whatever is stored, fails or starts anew in between', async () => {
    let longest = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40, size: 'max' }), async (steps) => {
        const undisturbed = await new History(false).live(steps);
        expect(byDevice(await new History(true).live(steps))).toEqual(byDevice(undisturbed));
        longest = Math.max(longest, undisturbed.length);
      }),
      { numRuns: 40 },
    );
    expect(longest).toBeGreaterThan(3);
  }, 120_000);

  const aHandler = (
    apply: (found: readonly DeviceTransition[]) => void = () => undefined,
    fleet = aFleet(),
  ): EvaluateRulesHandler =>
    new EvaluateRulesHandler(database.dataSource, fleet, {
      checkpointEveryMs: 0,
      apply: (_, found) => {
        apply(found);
        return Promise.resolve(() => undefined);
      },
      fleetIsKnown: () => Promise.resolve(),
      placing: () => Promise.resolve({ partitions: 1, partitionOf: () => partitions }),
    });

  test('ends with the member that another one has taken the partition over from, before it applies anything', async () => {
    const partition = (partitions += 1);
    const applied: string[] = [];
    const [first, second] = [aHandler((found) => applied.push(...found.map(nameOf))), aHandler()];
    await first.load(telemetryTopic, [partition]);
    await first.follow([ruleChange({ ...hot(4, 1), latenessMs: 0 })]);
    await second.load(telemetryTopic, [partition]);
    const batch = aBatch([aReport({ offset: 0, partition, timestampMs: startMs }, devices[0], { values: { t: 9 } })]);
    const fencedOff = { code: 'evaluation.partition-fenced', retryable: true };
    await expect(first.evaluate(batch)).rejects.toMatchObject(fencedOff);
    await expect(first.evaluate(batch)).rejects.toMatchObject(fencedOff);
    expect(applied).toEqual([]);
    await second.evaluate(batch);
    expect(await aHandler().load(telemetryTopic, [partition])).toEqual(new Map([[partition, 1n]]));
  });

  test('parks a record with a bad key and evaluates those before it once', async () => {
    const partition = (partitions += 1);
    const applied: string[] = [];
    const handler = aHandler((found) => applied.push(...found.map(({ kind }) => kind)));
    await handler.load(telemetryTopic, [partition]);
    await handler.follow([ruleChange({ ...hot(4, 1), latenessMs: 0 })]);
    const at = (offset: number) => ({ offset, partition, timestampMs: startMs + offset });
    const good = aReport(at(0), devices[0], { values: { t: 9 } });
    const bad = aReport(at(1), 'nobody', { values: { t: 9 } });
    const error = await handler.evaluate(aBatch([good, bad])).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(PoisonRecord);
    expect(error).toMatchObject({ offset: 1n, code: 'evaluation.key-invalid' });
    expect(applied).toEqual([]);
    await handler.evaluate({ ...aBatch([good]), nextOffset: 2n });
    expect(applied).toEqual(['raised']);
  });

  test('takes no reading of the far future, behind which the device would not be heard of in time any more', async () => {
    const partition = (partitions += 1);
    const found: string[] = [];
    const handler = aHandler((some) => found.push(...some.map(({ kind }) => kind)));
    await handler.load(telemetryTopic, [partition]);
    await handler.follow([ruleChange({ ...hot(4, 1), latenessMs: 0 })]);
    const of = (offset: number, ts: number, t: number) =>
      aReport({ offset, partition, timestampMs: startMs }, devices[0], { ts, values: { t } });
    const year9999 = Date.UTC(9999, 11, 31);
    const error = await handler.evaluate(aBatch([of(0, year9999, 1)])).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(PoisonRecord);
    expect(error).toMatchObject({ offset: 0n, code: 'evaluation.ts-too-far-ahead' });
    await handler.evaluate(aBatch([of(1, startMs + 300_000, 9)]));
    expect(found).toEqual(['raised']);
  });

  test('finds that a device is silent which never said anything, since it was registered or the rule began', async () => {
    const partition = (partitions += 1);
    const found: string[] = [];
    const fleet = aFleet();
    const life = () => aHandler((some) => found.push(...some.map(({ key, kind }) => `${key} ${kind}`)), fleet);
    const handler = life();
    await handler.load(telemetryTopic, [partition]);
    const tick = (offset: number, by = handler) =>
      by.evaluate(aBatch([aTick({ offset, partition, timestampMs: startMs + 1_000 * offset })]));
    await tick(0);
    await handler.follow([ruleChange(silent)]);
    for (const offset of [1, 2]) await tick(offset);
    await handler.follow([deviceChange('acme/new', 's1')]);
    for (const offset of [3, 4]) await tick(offset);
    expect(found.toSorted()).toEqual(['acme/d1 raised', 'acme/d2 raised']);
    await handler.store();
    const next = life();
    await next.load(telemetryTopic, [partition]);
    for (const offset of [5, 6]) await tick(offset, next);
    expect(found.slice(2)).toEqual(['acme/new raised']);
  });

  test('counts what was expected until a window is cancelled or a device moves out of it, also over a restart', async () => {
    const partition = (partitions += 1);
    const found: string[] = [];
    const fleet = aFleet();
    const life = async () => {
      const handler = aHandler((some) => found.push(...some.map(({ key, kind }) => `${key} ${kind}`)), fleet);
      await handler.load(telemetryTopic, [partition]);
      return handler;
    };
    const tick = async (handler: EvaluateRulesHandler, from: number, to: number) => {
      for (let offset = from; offset <= to; offset += 1)
        await handler.evaluate(aBatch([aTick({ offset, partition, timestampMs: startMs + 1_000 * offset })]));
    };
    const first = await life();
    await tick(first, 0, 0);
    await first.follow([ruleChange(silent), ruleChange(silent, 'other')]);
    await first.follow([windowChange('acme/north', 's1', 0), windowChange('other/all', 's1', 0)]);
    await tick(first, 1, 4);
    await first.follow([windowChange('other/all', undefined, 0), deviceChange('acme/d1', 's2')]);
    const second = await life();
    // What ended between two ticks counts as ended with the latter.
    await tick(second, 5, 7);
    expect(found).toEqual([]);
    await tick(second, 8, 8);
    expect(found.toSorted()).toEqual(['acme/d1 raised', 'other/d1 raised']);
    await second.follow([windowChange('acme/north', undefined, 0)]);
    const third = await life();
    await tick(third, 9, 11);
    expect(found).toHaveLength(2);
    await tick(third, 12, 12);
    expect(found.slice(2)).toEqual(['acme/d2 raised']);
  });

  test('forgets devices that no rule concerns any more', async () => {
    const partition = (partitions += 1);
    const handler = aHandler();
    await handler.load(telemetryTopic, [partition]);
    await handler.follow([ruleChange(hot(4, 1))]);
    const report = (offset: number) =>
      aReport({ offset, partition, timestampMs: startMs }, devices[0], { values: { t: 1 } });
    await handler.evaluate(aBatch([report(0)]));
    const remembered = () =>
      database.dataSource.query('SELECT key FROM device_memory WHERE partition = $1', [partition]);
    expect(await remembered()).toEqual([{ key: devices[0] }]);
    await handler.follow([{ of: 'rule', tenant: 'acme', id: 'hot', to: undefined }]);
    await handler.store();
    await handler.evaluate(aBatch([report(1)]));
    expect(await remembered()).toEqual([]);
  });
});
