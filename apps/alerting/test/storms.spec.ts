import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CompleteBrake } from '../src/domain/rules/storm-brake.js';
import { type Alarm, type AlarmChange, inhibit, release } from '../src/domain/alarms/alarm.js';
import { AlarmBook, type FlappingMemory } from '../src/domain/alarms/alarm-book.js';
import type { Found, FoundRaise } from '../src/domain/alarms/found.js';
import { ReferenceStorms } from '../src/domain/alarms/reference-storms.js';
import { brakes, concerned, concernedAt, seenOf, stormHistories } from './storm-histories.js';
import {
  type CountConcerned,
  type EarlierRaises,
  Storms,
  type UndecidedGroup,
  groupKeyOf,
  isStormOver,
} from '../src/domain/alarms/storms.js';

/** What a database does for them, without one. */
class Alarms {
  private readonly alarms = new Map<string, Alarm>();
  private readonly memories = new Map<string, FlappingMemory>();

  constructor(private readonly concerned: CountConcerned) {}

  get all(): Alarm[] {
    return [...this.alarms.values()];
  }

  apply(found: readonly Found[], atMs: number): readonly AlarmChange[] {
    const book = this.open();
    for (const one of found) book.take(one, atMs);
    const storms = new Storms(book, found);
    const earlier = new Map(
      storms.undecided().map((one) => [groupKeyOf(one.group), this.earlierRaises(one, atMs)] as const),
    );
    storms.decide(earlier, this.concerned, atMs);
    return this.save(book);
  }

  end(atMs: number): void {
    const book = this.open();
    for (const alarm of this.all) {
      const { storm } = alarm;
      if (storm === undefined || alarm.condition === 'cleared') continue;
      const devices = this.all.filter(
        (one) =>
          this.isOf(one, alarm.rule, storm) &&
          one.raiseNoticedAtMs > storm.sinceMs &&
          (one.condition === 'active' || one.raiseNoticedAtMs > atMs - storm.windowMs),
      );
      if (isStormOver(storm, new Set(devices.map(({ device }) => device)).size))
        book.clearActive(alarm, 'condition', atMs);
    }
    this.save(book);
  }

  private earlierRaises({ group, devices, windowMs }: UndecidedGroup, atMs: number): EarlierRaises {
    const ends = this.all.filter(({ rule, device }) => rule === group.rule && device === group.device);
    const sinceMs = Math.max(atMs - windowMs, ...ends.map(({ clearNoticedAtMs }) => clearNoticedAtMs ?? 0));
    const earlier = this.all.filter(
      (one) => this.isOf(one, group.rule, group) && one.raiseNoticedAtMs > sinceMs && !devices.includes(one.device),
    );
    return { sinceMs, devices: new Set(earlier.map(({ device }) => device)).size };
  }

  private isOf(alarm: Alarm, rule: string, { by, name }: { readonly by: string; readonly name?: string }): boolean {
    return alarm.storm === undefined && alarm.rule === rule && (by === 'rule' || alarm.site === name);
  }

  private open(): AlarmBook {
    return new AlarmBook('acme', this.all, [...this.memories.values()]);
  }

  private save(book: AlarmBook): readonly AlarmChange[] {
    for (const { alarm } of book.changes) this.alarms.set(alarm.id, alarm);
    for (const memory of book.changedMemories()) this.memories.set(groupKeyOf(memory), memory);
    return book.changes;
  }
}

test('storms are what everything that was ever raised says, however it comes together and however often', () => {
  let storms = 0;
  fc.assert(
    fc.property(stormHistories, (steps) => {
      const alarms = new Alarms(concerned);
      const reference = new ReferenceStorms(brakes, concernedAt);
      const applied: (readonly Found[])[] = [];
      let nowMs = 1_000_000;
      for (const step of steps) {
        nowMs += 1;
        const lots = step.kind === 'found' ? [step.found] : step.kind === 'again' ? applied.slice(-step.back) : [];
        for (const found of lots) {
          alarms.apply(found, nowMs);
          reference.apply(found, nowMs);
        }
        if (step.kind === 'found') applied.push(step.found);
        if (step.kind === 'advance') nowMs += step.ms;
        if (step.kind === 'end') {
          alarms.end(nowMs);
          reference.end(nowMs);
        }
        expect(seenOf(alarms.all)).toEqual(reference.seen());
      }
      storms += reference.seen().storms.length;
    }),
    { numRuns: 300 },
  );
  expect(storms).toBeGreaterThan(100);
});

describe('alarms that a rule raises at many devices at once', () => {
  const brake: CompleteBrake = { share: 0.5, atLeast: 2, windowMs: 60_000 };
  const raised = (device: number, rest: Partial<FoundRaise> = {}): FoundRaise => ({
    ...{ kind: 'raised', rule: 'hot', ruleVersion: 1, device: `d-${device}`, startMs: 10, atMs: 20, severity: 'major' },
    ...{ deviceLabels: {}, labels: { team: 'north' }, annotations: {}, brake, ...rest },
  });
  const shown = (changes: readonly AlarmChange[]) =>
    changes.map(
      ({ alarm, entry }) => `${entry.kind} ${alarm.device}${alarm.inhibitedBy === undefined ? '' : ' inhibited'}`,
    );

  test('are each its own up to the share, and beyond it belong to one alarm for all of them', () => {
    const alarms = new Alarms(() => 6);
    expect(shown(alarms.apply([raised(1), raised(2), raised(3)], 1_000))).toEqual([
      'raise d-1',
      'raise d-2',
      'raise d-3',
    ]);
    expect(shown(alarms.apply([raised(4)], 2_000))).toEqual(['raise *', 'raise d-4 inhibited']);
    expect(shown(alarms.apply([raised(5)], 3_000))).toEqual(['raise d-5 inhibited']);
    expect(alarms.all.find(({ storm }) => storm !== undefined)).toMatchObject({
      ...{ device: '*', severity: 'major', labels: { team: 'north' }, startedAtMs: 2_000 },
      storm: { by: 'rule', device: 'd-4', devices: 4, concerned: 6, limit: 3 },
      annotations: { summary: '4 of 6 devices have raised hot within 60 s' },
    });
  });

  test('all belong to it when they come together, also those that are over at once', () => {
    const alarms = new Alarms(() => 4);
    const over: Found = { kind: 'cleared', rule: 'hot', ruleVersion: 1, device: 'd-1', startMs: 10, atMs: 30 };
    expect(shown(alarms.apply([raised(1), raised(2), over, raised(3)], 1_000))).toEqual([
      ...['raise *', 'raise d-1 inhibited', 'raise d-2 inhibited', 'clear d-1 inhibited', 'raise d-3 inhibited'],
    ]);
  });

  test('are no storm while they are fewer than a storm has at least, or come one by one', () => {
    const few = new Alarms(() => 1);
    few.apply([raised(1)], 1_000);
    const slow = new Alarms(() => 10);
    for (let device = 0; device < 9; device += 1) slow.apply([raised(device)], 1_000 + 20_000 * device);
    expect([...few.all, ...slow.all].filter(({ storm }) => storm !== undefined)).toEqual([]);
  });

  test('of another version of their rule are another storm', () => {
    const alarms = new Alarms(() => 2);
    alarms.apply([raised(1), raised(2)], 1_000);
    const next = { ruleVersion: 2, startMs: 50 };
    const changes = alarms.apply([raised(1, next), raised(2, next)], 2_000);
    expect(
      changes.filter(({ alarm }) => alarm.storm).map(({ alarm, entry }) => [entry.kind, alarm.ruleVersion]),
    ).toEqual([
      ['raise', 2],
      ['clear', 1],
    ]);
    // Somebody who has not heard of the change yet.
    expect(shown(alarms.apply([raised(3), raised(4)], 3_000))).toEqual(['raise d-3', 'raise d-4']);
  });

  test('are inhibited and released once, as changes of their own, and not when they are over', () => {
    const [change] = new Alarms(() => 9).apply([raised(1)], 1_000);
    const { alarm } = change as AlarmChange;
    const inhibited = inhibit(alarm, 'storm', 2_000) as AlarmChange;
    expect(inhibited).toMatchObject({ alarm: { inhibitedBy: 'storm', version: 2 }, entry: { kind: 'inhibit' } });
    expect(inhibit(inhibited.alarm, 'storm', 2_000)).toBeUndefined();
    const released = release(inhibited.alarm, 3_000) as AlarmChange;
    expect(released).toMatchObject({ alarm: { version: 3 }, entry: { kind: 'release' } });
    expect(released.alarm.inhibitedBy).toBeUndefined();
    expect(release(released.alarm, 3_000)).toBeUndefined();
    const over = { ...alarm, condition: 'cleared' as const };
    expect([inhibit(over, 'storm', 1), release({ ...over, inhibitedBy: 'storm' }, 1)]).toEqual([undefined, undefined]);
  });
});
