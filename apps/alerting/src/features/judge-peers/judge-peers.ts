import type { Logger } from '@myelin/observability';
import type { EntityManager } from 'typeorm';
import type { Alerting } from '../../alerting.js';
import { type ApplyFoundParts, applyFound } from '../../alarms/apply-found.js';
import type { AlarmChange } from '../../domain/alarms/alarm.js';
import { RoundJudge } from '../../domain/evaluation/round-judge.js';
import { concerns } from '../../domain/evaluation/rule-book.js';
import type { Rule } from '../../domain/rules/rule.js';
import {
  type DueComparison,
  contributionsTo,
  dueComparisons,
  firstContributedRound,
  forgetOutdatedComparisons,
  heldBackComparisons,
  lockComparison,
  standingsOf,
  storeJudged,
} from '../../persistence/peer-rounds.repository.js';

/** A round that waits for a partition for longer is worth a word: nobody evaluates that partition. */
const heldBackMs = 900_000;
const lookForHeldBackEveryMs = 30_000;
/** Rounds of one rule in one step: others have their turn. */
const roundsAtOnce = 20;

export interface JudgePeersParts extends ApplyFoundParts {
  readonly alerting: Alerting;
  readonly logger: Logger;
}

type Judged = { readonly changes: readonly AlarmChange[]; readonly hasMore: boolean };

/**
 * Judges rounds in which devices are compared with each other, once all partitions have passed them: each round of a rule in one
 * transaction with its alarms, one after the other, by whichever process comes first.
 */
export class JudgePeers {
  private readonly judges = new WeakMap<Rule, RoundJudge>();
  private readonly heldBack = new Set<string>();
  private lookForHeldBackMs = 0;

  constructor(private readonly parts: JudgePeersParts) {}

  /** Whether it should be called again at once. Rules that fail hold up no others. @throws what the first one failed with */
  async step(): Promise<boolean> {
    const { alerting } = this.parts;
    await alerting.change(forgetOutdatedComparisons);
    await this.tellOfHeldBack();
    const failures: unknown[] = [];
    let hasMore = false;
    for (const one of await alerting.read(dueComparisons)) {
      try {
        hasMore = (await this.judgeSome(one)) || hasMore;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return hasMore;
  }

  private async judgeSome(due: DueComparison): Promise<boolean> {
    const rule = this.parts.fleet.rulesOf(due.tenant)?.find(due.rule);
    // Before it is known here nothing could be raised. An outdated one is forgotten soon.
    if (rule?.version !== due.version) return false;
    for (let nth = 0; nth < roundsAtOnce; nth += 1) {
      const judged = await this.parts.alerting.change((tx) => this.judgeNext(tx, due, rule));
      this.parts.alarms.committed(judged.changes);
      if (!judged.hasMore) return false;
    }
    return true;
  }

  private async judgeNext(tx: EntityManager, due: DueComparison, rule: Rule): Promise<Judged> {
    const nothing = { changes: [], hasMore: false };
    const locked = await lockComparison(tx, due);
    if (locked === undefined) return nothing;
    const { tenant, passedUntilMs } = due;
    const { judgedUntilMs } = locked;
    const judge = this.judgeOf(rule);
    const before = await standingsOf(tx, due);
    // While something is remembered of devices, a round in which nobody says anything is one that they miss.
    const isNext = judgedUntilMs !== null && before.length > 0;
    const endMs = isNext ? judgedUntilMs + judge.everyMs : await firstContributedRound(tx, due, judgedUntilMs);
    if (endMs === null || endMs > passedUntilMs) {
      if ((judgedUntilMs ?? Number.NEGATIVE_INFINITY) < passedUntilMs && !isNext)
        await storeJudged(tx, due, passedUntilMs, []);
      return nothing;
    }
    const { transitions, standings } = judge.judge({
      ...{ endMs, values: await contributionsTo(tx, due, endMs), standings: before },
      concerns: (device) => this.concerns(tenant, rule, device),
    });
    const found = transitions.map(({ device, ...transition }) => ({ key: `${tenant}/${device}`, ...transition }));
    const changes = found.length === 0 ? [] : await applyFound(tx, this.parts, found);
    await storeJudged(tx, due, endMs, standings);
    return { changes, hasMore: endMs < passedUntilMs };
  }

  private concerns(tenant: string, rule: Rule, device: string): boolean {
    const known = this.parts.fleet.deviceOf(`${tenant}/${device}`);
    return known !== undefined && concerns(rule, known.facts);
  }

  private judgeOf(rule: Rule): RoundJudge {
    const judge = this.judges.get(rule) ?? new RoundJudge(rule);
    this.judges.set(rule, judge);
    return judge;
  }

  /** Says once that rounds of a rule wait for partitions, and once that they go on. */
  private async tellOfHeldBack(): Promise<void> {
    if (performance.now() < this.lookForHeldBackMs) return;
    this.lookForHeldBackMs = performance.now() + lookForHeldBackEveryMs;
    const held = await this.parts.alerting.read((db) => heldBackComparisons(db, heldBackMs));
    const names = new Set(held.map(({ tenant, rule }) => `${tenant}/${rule}`));
    for (const { tenant, rule, known, partitions, passedUntilMs } of held) {
      if (this.heldBack.has(`${tenant}/${rule}`)) continue;
      const passedUntil = new Date(passedUntilMs).toISOString();
      const of = { tenant, rule, partitions, partitionsHeard: known, passedUntil };
      this.parts.logger.warn(of, 'rounds of peers wait for a partition that nobody evaluates');
    }
    for (const name of this.heldBack)
      if (!names.has(name)) this.parts.logger.info({ rule: name }, 'rounds of peers go on again');
    this.heldBack.clear();
    for (const name of names) this.heldBack.add(name);
  }
}
