import { describe, expect, test } from '@jest/globals';
import type { AlarmChange } from './alarm.js';
import { AlarmBook, type FlappingMemory } from './alarm-book.js';
import { lookMs } from './flapping.js';
import type { Found, FoundClear, FoundRaise } from './found.js';

const raised = (startMs: number, rest: Partial<FoundRaise> = {}): FoundRaise => ({
  ...{ kind: 'raised', rule: 'hot', ruleVersion: 1, device: 'd', startMs, atMs: startMs + 5, severity: 'major' },
  ...{ deviceLabels: {}, labels: {}, annotations: {}, ...rest },
});
const cleared = (startMs: number, atMs: number, rest: Partial<FoundClear> = {}): FoundClear => ({
  ...{ kind: 'cleared', rule: 'hot', ruleVersion: 1, device: 'd', startMs, atMs, ...rest },
});

function changesOf(book: AlarmBook, ...found: Found[]): AlarmChange[] {
  const before = book.changes.length;
  for (const one of found) book.take(one, 1_000);
  return book.changes.slice(before);
}

const emptyBook = (): AlarmBook => new AlarmBook('acme', [], []);
const shown = (changes: readonly AlarmChange[]) =>
  changes.map(({ alarm, entry }) => [entry.kind, alarm.startedAtMs, alarm.version, alarm.clearReason]);

describe('the alarms of what is found', () => {
  test('are raised and cleared once, however often it is found', () => {
    const book = emptyBook();
    const all = [raised(10), cleared(10, 40), raised(50)];
    expect(shown(changesOf(book, ...all))).toEqual([
      ['raise', 10, 1, undefined],
      ['clear', 10, 2, 'condition'],
      ['raise', 50, 1, undefined],
    ]);
    expect(changesOf(book, ...all, ...all.slice(1), ...all.slice(2))).toEqual([]);
  });

  test('keep what is known of them in another book', () => {
    const first = emptyBook();
    const alarms = changesOf(first, raised(10), cleared(10, 40)).map(({ alarm }) => alarm);
    const second = new AlarmBook('acme', alarms.slice(-1), first.changedMemories());
    expect(changesOf(second, raised(10), cleared(10, 40))).toEqual([]);
  });

  test('are not cleared by what was never raised', () => {
    expect(changesOf(emptyBook(), cleared(10, 40))).toEqual([]);
  });

  test('make room for the next one of their rule and device, whose beginning is their end', () => {
    const changes = changesOf(emptyBook(), raised(10), raised(50), cleared(10, 60));
    expect(shown(changes)).toEqual([
      ['raise', 10, 1, undefined],
      ['clear', 10, 2, 'condition'],
      ['raise', 50, 1, undefined],
    ]);
    expect(changes[1]?.alarm.clearedAtMs).toBe(50);
  });

  test('make room for those of a new version of the rule, not of an old one', () => {
    const book = emptyBook();
    const changes = changesOf(book, raised(10), raised(5, { ruleVersion: 2 }), raised(90));
    expect(shown(changes)).toEqual([
      ['raise', 10, 1, undefined],
      ['clear', 10, 2, 'rule-changed'],
      ['raise', 5, 1, undefined],
    ]);
    expect(changesOf(book, raised(4, { ruleVersion: 2 }))).toEqual([]);
  });

  test('say why they are over when it is not their condition', () => {
    const changes = changesOf(emptyBook(), raised(10), cleared(10, 40, { reason: 'device-removed' }));
    expect(shown(changes)[1]).toEqual(['clear', 10, 2, 'device-removed']);
  });

  test('are of one tenant, rule and device each', () => {
    const others = [raised(10), raised(10, { device: 'e' }), raised(10, { rule: 'cold' })];
    const ids = changesOf(emptyBook(), ...others).map(({ alarm }) => alarm.id);
    const [elsewhere] = changesOf(new AlarmBook('beta', [], []), raised(10));
    expect(new Set([...ids, elsewhere?.alarm.id]).size).toBe(4);
  });

  test('have times that a date can name and texts that a database takes', () => {
    const annotations = { summary: 'a\0b\ud800' };
    const [change] = changesOf(emptyBook(), raised(8.64e15 - 10, { annotations }));
    expect(change?.alarm.raisedAtMs).toBe(Date.UTC(9999, 11, 31, 23, 59, 59, 999));
    expect(change?.alarm.annotations['summary']).toBe('a\ufffdb\ufffd');
  });
});

describe('a condition that changes often', () => {
  const times = (count: number, everyMs: number): Found[] =>
    Array.from({ length: count }, (_, i) => {
      const startMs = 1_000_000 + 2 * i * everyMs;
      return [raised(startMs, { atMs: startMs }), cleared(startMs, startMs + everyMs)];
    }).flat();
  const flapping = (changes: readonly AlarmChange[]): boolean[] => changes.map(({ alarm }) => alarm.flapping);

  test('makes its alarms flapping, and holds still until it is not', () => {
    const book = emptyBook();
    expect(flapping(changesOf(book, ...times(8, lookMs / 2))).slice(-1)).toEqual([true]);
    const later = 100 * lookMs + 1_000_000;
    expect(flapping(changesOf(book, raised(later, { atMs: later })))).toEqual([false]);
  });

  test('does not when each time it holds for some minutes', () => {
    expect(flapping(changesOf(emptyBook(), ...times(30, 3 * lookMs)))).not.toContain(true);
  });

  test('is told apart by rule and device, and forgotten with the version of the rule', () => {
    const book = emptyBook();
    changesOf(book, ...times(8, 1_000));
    expect(flapping(changesOf(book, raised(9_000_000, { device: 'e' })))).toEqual([false]);
    const changes = changesOf(book, raised(1_016_000), raised(1_017_000, { ruleVersion: 2 }));
    expect(flapping(changes)).toEqual([true, false, false]);
  });

  test('is the same when its memory was saved in between', () => {
    const all = times(8, 1_000);
    const whole = changesOf(emptyBook(), ...all);
    let memories: readonly FlappingMemory[] = [];
    let alarms = whole.slice(0, 0).map(({ alarm }) => alarm);
    const pieces = all.flatMap((one) => {
      const book = new AlarmBook('acme', alarms, memories);
      const changes = changesOf(book, one);
      alarms = [...alarms, ...changes.map(({ alarm }) => alarm)];
      memories = book.changedMemories();
      return changes;
    });
    expect(pieces).toEqual(whole);
  });
});
