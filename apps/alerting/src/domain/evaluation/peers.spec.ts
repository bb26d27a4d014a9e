import { describe, expect, test } from '@jest/globals';
import { Fleet } from '../fleet/fleet.js';
import type { Rule } from '../rules/rule.js';
import type { DeviceMemory } from './device-evaluator.js';
import { decodeMemory, encodeMemory } from './device-memory-codec.js';
import type { PassedRounds, PeerValue } from './open-rounds.js';
import { PartitionEvaluator } from './partition-evaluator.js';
import type { Reading } from './reading.js';
import { RoundJudge, type PeerStanding } from './round-judge.js';

const everyMs = 60_000;
const t0 = 1_795_420_800_000;
const graceMs = 10_000;
const aRule = (changes: Partial<Rule> = {}, params: object = {}): Rule => ({
  ...{ id: 'unlike', version: 1, scope: {}, severity: 'minor' },
  when: { metric: 't', op: 'anomaly', model: { type: 'peer-group', params: { everyMs, minPeers: 3, ...params } } },
  ...changes,
});

class Partition {
  readonly fleet = new Fleet(() => ({ offsetMsAt: () => 0 }));
  readonly passed: PassedRounds[] = [];
  evaluator = new PartitionEvaluator(this.fleet);

  constructor(rule: Rule) {
    this.fleet.apply({ of: 'rule', tenant: 't', id: rule.id, to: rule });
    for (const device of ['a', 'b', 'c']) this.put(device);
    this.tick(t0 + graceMs);
    this.passed.length = 0;
  }

  put(device: string, rest: { site?: string; profile?: string } = {}): void {
    this.fleet.apply({ of: 'device', key: `t/${device}`, to: { profile: 'p', labels: {}, metadata: {}, ...rest } });
    this.evaluator.refresh(`t/${device}`);
  }

  tick(atMs: number, gateway = 'g'): void {
    this.evaluator.tick(
      gateway,
      atMs,
      () => expect('a transition').toBeUndefined(),
      (one) => this.passed.push(one),
    );
  }

  take(device: string, reading: Reading): void {
    this.evaluator.take(`t/${device}`, [reading], reading.ts, () => expect('a transition').toBeUndefined());
  }

  at(device: string, afterMs: number, t: Reading['values'][string], seq = 0): void {
    this.take(device, { ts: t0 + afterMs, seq, values: { t } });
  }

  restart(): void {
    const memory = this.evaluator.memory();
    const devices = [...this.evaluator.changes()];
    this.evaluator = new PartitionEvaluator(this.fleet);
    this.evaluator.recallPartition(JSON.parse(JSON.stringify(memory)) as typeof memory);
    for (const [key, one] of devices)
      if (one !== undefined) this.evaluator.recall(key, decodeMemory(encodeMemory(one)) as DeviceMemory);
  }

  said(): [endAfterMs: number, values: Record<string, number>][] {
    return this.passed.flatMap(({ rounds }) =>
      rounds.map(({ endMs, values }): [number, Record<string, number>] => [
        endMs - t0,
        Object.fromEntries(values.map(({ device, value }) => [device, value])),
      ]),
    );
  }
}

describe('a partition, of a rule that compares devices', () => {
  test('says of each round what its devices said last in it, in whatever order and copies that came', () => {
    const partition = new Partition(aRule());
    partition.at('a', 20_000, 2);
    partition.at('a', 10_000, 1);
    partition.at('a', 20_000, 2);
    partition.at('b', 59_999, 5, 1);
    partition.at('b', 59_999, 9, 0);
    partition.at('b', 60_000, 7);
    partition.at('c', 30_000, 3);
    partition.at('c', 30_000, 4);
    partition.at('c', 30_000, 3);
    partition.tick(t0 + everyMs + graceMs - 1);
    expect(partition.passed).toEqual([]);
    partition.tick(t0 + everyMs + graceMs);
    expect(partition.passed).toMatchObject([{ tenant: 't', rule: 'unlike', version: 1, untilMs: t0 + everyMs }]);
    expect(partition.said()).toEqual([[everyMs, { a: 2, b: 5, c: 4 }]]);
    partition.tick(t0 + 2 * everyMs + graceMs);
    expect(partition.said()[1]).toEqual([2 * everyMs, { b: 7 }]);
  });

  test('says that a round is over when nothing was said in it', () => {
    const partition = new Partition(aRule());
    partition.tick(t0 + 5 * everyMs + graceMs);
    expect(partition.passed).toEqual([
      { tenant: 't', rule: 'unlike', version: 1, untilMs: t0 + 5 * everyMs, rounds: [] },
    ]);
  });

  test('waits for the lateness, counts what comes later still, and what is ahead of its time', () => {
    const partition = new Partition(aRule({ latenessMs: everyMs }));
    partition.at('a', 1_000, 1);
    partition.tick(t0 + 2 * everyMs + graceMs - 1);
    partition.at('b', 2_000, 2);
    partition.tick(t0 + 2 * everyMs + graceMs);
    partition.at('c', 3_000, 3);
    partition.at('c', 4 * everyMs, 4);
    partition.at('c', 'text'.length, 'text');
    expect(partition.said()).toEqual([[everyMs, { a: 1, b: 2 }]]);
    expect(partition.evaluator.arrivals).toEqual({ taken: 2, late: 2, duplicate: 0 });
  });

  test('stands still with the gateway that is furthest behind, but not with one that is away', () => {
    const partition = new Partition(aRule());
    partition.at('a', 1_000, 1);
    partition.tick(t0 + 1_000, 'behind');
    for (let afterMs = 1_000; afterMs <= 3_000; afterMs += 1_000) partition.tick(t0 + everyMs + graceMs + afterMs);
    expect(partition.passed).toEqual([]);
    partition.tick(t0 + 2_000, 'behind');
    for (let afterMs = 4_000; afterMs <= 6_000; afterMs += 1_000) partition.tick(t0 + everyMs + graceMs + afterMs);
    expect(partition.passed).toEqual([]);
    partition.tick(t0 + everyMs + graceMs + 7_000);
    expect(partition.said()).toEqual([[everyMs, { a: 1 }]]);
  });

  test('goes on after a restart from what was remembered, also under no other rule', () => {
    const partition = new Partition(aRule());
    partition.at('a', 1_000, 1);
    partition.at('b', everyMs + 1_000, 2);
    partition.restart();
    partition.at('a', 500, 9);
    partition.tick(t0 + everyMs + graceMs);
    partition.restart();
    partition.at('c', 1_000, 3);
    partition.tick(t0 + 2 * everyMs + graceMs);
    expect(partition.said()).toEqual([
      [everyMs, { a: 1 }],
      [2 * everyMs, { b: 2 }],
    ]);
  });

  test('names whose devices are compared: their profile, or their site if they have one', () => {
    const bySite = new Partition(aRule({}, { by: 'site' }));
    bySite.put('a', { site: 'north' });
    for (const device of ['a', 'b']) bySite.at(device, 1_000, 1);
    bySite.tick(t0 + everyMs + graceMs);
    expect(bySite.passed[0]?.rounds[0]?.values).toEqual([{ device: 'a', cohort: 'north', timeZone: 'UTC', value: 1 }]);
    const byProfile = new Partition(aRule());
    byProfile.put('b', { profile: 'q' });
    for (const device of ['a', 'b']) byProfile.at(device, 1_000, 1);
    byProfile.tick(t0 + everyMs + graceMs);
    expect(byProfile.passed[0]?.rounds[0]?.values.map(({ cohort }) => cohort)).toEqual(['p', 'q']);
  });

  test('says nothing of a rule that is gone, disabled or about something else', () => {
    const partition = new Partition(aRule());
    partition.at('a', 1_000, 1);
    partition.fleet.apply({ of: 'rule', tenant: 't', id: 'unlike', to: aRule({ version: 2, enabled: false }) });
    partition.evaluator.rulesChanged('t');
    partition.tick(t0 + everyMs + graceMs);
    partition.fleet.apply({ of: 'rule', tenant: 't', id: 'unlike', to: aRule({ version: 3 }) });
    partition.fleet.apply({ of: 'rule', tenant: 't', id: 'unlike', to: undefined });
    partition.tick(t0 + 2 * everyMs + graceMs);
    expect(partition.passed).toEqual([]);
  });
});

describe('judging rounds', () => {
  class Judging {
    standings: readonly PeerStanding[] = [];
    readonly found: string[] = [];
    readonly concerned = new Set(['a', 'b', 'c', 'd', 'e']);
    private readonly judge: RoundJudge;
    private endMs = t0;

    constructor(rule: Rule) {
      this.judge = new RoundJudge(rule);
    }

    /** What a, b, c and so on said; undefined = nothing. */
    round(...values: readonly (number | undefined)[]): void {
      this.endMs += everyMs;
      const said = values.flatMap((value, nth): PeerValue[] =>
        value === undefined ? [] : [{ device: 'abcde'.charAt(nth), cohort: 'p', timeZone: 'UTC', value }],
      );
      const { transitions, standings } = this.judge.judge({
        ...{ endMs: this.endMs, values: said.toReversed(), standings: this.standings },
        concerns: (device) => this.concerned.has(device),
      });
      this.standings = standings;
      const nth = (ms: number): number => (ms - t0) / everyMs;
      for (const { device, kind, startMs, atMs } of transitions)
        this.found.push(`${device} ${kind} at ${nth(atMs)} since ${nth(startMs)}`);
    }
  }

  test('raises for the device that is unlike the others, says how, and clears when it is like them again', () => {
    const judge = new RoundJudge(aRule());
    const values = [10, 11, 10, 11, 16.5].map((value, nth): PeerValue => ({
      ...{ device: 'abcde'.charAt(nth), cohort: 'p', timeZone: 'UTC', value },
    }));
    const first = judge.judge({ endMs: t0, values, standings: [], concerns: () => true });
    expect(first.transitions).toEqual([
      {
        ...{ device: 'e', kind: 'raised', rule: 'unlike', version: 1, startMs: t0, atMs: t0 },
        peers: { value: 16.5, deviation: expect.closeTo(8.094, 6), by: 'profile', cohort: 'p', others: 4 },
      },
    ]);
    expect(first.standings.map(({ device }) => device)).toEqual(['e']);
    const like = values.map((one) => ({ ...one, value: 10 }));
    const second = judge.judge({ endMs: t0 + everyMs, values: like, standings: first.standings, concerns: () => true });
    expect(second).toMatchObject({ transitions: [{ device: 'e', kind: 'cleared', startMs: t0 }], standings: [] });
  });

  test('compares nobody with another cohort, nor with fewer others than it needs', () => {
    const judge = new RoundJudge(aRule());
    const values = [10, 11, 10, 99].map((value, nth): PeerValue => ({
      ...{ device: 'abcd'.charAt(nth), cohort: nth === 3 ? 'q' : 'p', timeZone: 'UTC', value },
    }));
    expect(judge.judge({ endMs: t0, values, standings: [], concerns: () => true }).transitions).toEqual([]);
  });

  test('goes by rounds with forMs, k of n and clear.forMs', () => {
    const judging = new Judging(aRule({ forMs: everyMs, kOfN: { k: 2, n: 3 }, clear: { forMs: everyMs } }));
    for (const last of [99, 10, 99, 99, 10, 10, 10]) judging.round(10, 11, 10, 11, last);
    expect(judging.found).toEqual(['e raised at 4 since 3', 'e cleared at 7 since 3']);
  });

  test('keeps what a device was for two rounds in which it says nothing, and ends it with the third', () => {
    const judging = new Judging(aRule());
    judging.round(10, 11, 10, 11, 99);
    judging.round(10, 11, 10, 11);
    judging.round(10, 11, 10, 11);
    judging.round(10, 11, 10, 11, 99);
    expect(judging.found).toEqual(['e raised at 1 since 1']);
    judging.round();
    judging.round();
    expect(judging.standings).toHaveLength(1);
    judging.round();
    expect(judging.found.slice(1)).toEqual(['e cleared at 7 since 1']);
    expect(judging.standings).toEqual([]);
    judging.round(10, 11, 10, 11, 99);
    expect(judging.found.slice(2)).toEqual(['e raised at 8 since 8']);
  });

  test('finds nothing of devices that the rule does not concern any more, and compares with them', () => {
    const judging = new Judging(aRule());
    judging.round(10, 11, 10, 11, 99);
    judging.concerned.delete('e');
    judging.round(10, 11, 10, 99, 99);
    expect(judging.found).toEqual(['e raised at 1 since 1', 'd raised at 2 since 2']);
    expect(judging.standings.map(({ device }) => device)).toEqual(['d']);
  });

  test('goes by the schedule in the time of the device, at the end of a round', () => {
    const at = new Date(t0 + everyMs).toISOString().slice(11, 16);
    const judge = new RoundJudge(
      aRule({ schedule: { intervals: [{ times: [{ startTime: at, endTime: '24:00' }] }] } }),
    );
    const values = (timeZone: string) =>
      [10, 11, 10, 99].map((value, nth): PeerValue => ({ device: 'abcd'.charAt(nth), cohort: 'p', timeZone, value }));
    const kinds = (endMs: number, timeZone: string): string[] =>
      judge
        .judge({ endMs, values: values(timeZone), standings: [], concerns: () => true })
        .transitions.map(({ kind }) => kind);
    expect(kinds(t0, 'UTC')).toEqual([]);
    expect(kinds(t0 + everyMs, 'UTC')).toEqual(['raised']);
    expect(kinds(t0 + everyMs, 'America/New_York')).toEqual([]);
  });
});
