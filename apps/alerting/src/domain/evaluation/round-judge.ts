import { type PeerRoundModel } from '@myelin/detectors';
import { isAboutPeers, peerModelOf } from '../rules/peers.js';
import type { Rule } from '../rules/rule.js';
import { RuleError } from '../rules/rule.errors.js';
import { firstPeers, type PeerValue } from './open-rounds.js';
import { missedRounds } from './rounds.js';
import { RuleProgram } from './rule-program.js';
import type { PeerDeviation, Transition } from './transition.js';

/** What is remembered of a device between two rounds of a rule. There is none for most: what is as at the beginning is forgotten. */
export interface PeerStanding {
  readonly device: string;
  /** The end of the last round in which the device said something, in event time. */
  readonly lastMs: number;
  readonly slots: Float64Array;
}

/** A rule's transition at a device. */
export interface PeerTransition extends Transition {
  readonly device: string;
}

export interface JudgedRound {
  readonly transitions: readonly PeerTransition[];
  /** Of all devices of which something is to be remembered. */
  readonly standings: readonly PeerStanding[];
}

export interface RoundToJudge {
  /** Event time; each later than the one before. */
  readonly endMs: number;
  /** Of all partitions, in any order. */
  readonly values: readonly PeerValue[];
  /** What the round before has left. */
  readonly standings: readonly PeerStanding[];
  /** Whether the rule concerns the device now. One that it does not concern is compared with, and nothing is found of it. */
  readonly concerns: (device: string) => boolean;
}

/**
 * Compares the devices of a rule with each other, round by round: a round is one reading of the comparison, at its end. A device
 * that says nothing in a round is not asked; in the third one in a row its alarm is over, and what was known of it forgotten.
 */
export class RoundJudge {
  private readonly model: PeerRoundModel;
  private readonly programs = new Map<string, RuleProgram>();

  /** @throws RuleError rule.model-invalid */
  constructor(private readonly rule: Rule) {
    if (!isAboutPeers(rule.when)) throw RuleError.permanent('rule.model-invalid', `${rule.id} compares no devices`);
    this.model = peerModelOf(rule.when);
  }

  get everyMs(): number {
    return this.model.everyMs;
  }

  judge({ endMs, values, standings, concerns }: RoundToJudge): JudgedRound {
    const peers = firstPeers(values);
    const deviations = this.deviationsOf(peers);
    const before = new Map(standings.map((standing) => [standing.device, standing]));
    const transitions: PeerTransition[] = [];
    const kept: PeerStanding[] = [];
    const note = (device: string, transition: Transition | undefined): void => {
      if (transition !== undefined) transitions.push({ device, ...transition });
    };
    for (const [nth, peer] of peers.entries()) {
      const { device } = peer;
      const standing = before.get(device);
      before.delete(device);
      if (!concerns(device)) continue;
      const found = this.ask(peer, standing, deviations[nth] as PeerDeviation, endMs);
      note(device, found.transition);
      if (found.standing !== undefined) kept.push(found.standing);
    }
    for (const standing of before.values()) {
      if (!concerns(standing.device)) continue;
      if (endMs - standing.lastMs < missedRounds * this.everyMs) kept.push(standing);
      else note(standing.device, this.programOf('UTC').end(standing.slots, 0, endMs));
    }
    return { transitions, standings: kept };
  }

  private ask(
    { device, timeZone }: PeerValue,
    standing: PeerStanding | undefined,
    deviation: PeerDeviation,
    endMs: number,
  ): { transition: Transition | undefined; standing: PeerStanding | undefined } {
    const program = this.programOf(timeZone);
    const slots = standing?.slots.slice() ?? newSlots(program);
    const { program: leaf, offset } = program.peers as NonNullable<RuleProgram['peers']>;
    leaf.set(slots, offset, this.model.isAnomalous(deviation.deviation));
    const found = program.evaluate(slots, 0, endMs);
    const transition = found && (saysWhy(found, deviation) ? { ...found, peers: deviation } : found);
    return { transition, standing: program.isIdle(slots, 0) ? undefined : { device, lastMs: endMs, slots } };
  }

  /** In the order of the peers. */
  private deviationsOf(peers: readonly PeerValue[]): PeerDeviation[] {
    const found = new Map<PeerValue, PeerDeviation>();
    for (const [cohort, members] of Map.groupBy(peers, (peer) => peer.cohort)) {
      const deviations = this.model.deviations(members.map(({ value }) => value));
      for (const [nth, member] of members.entries())
        found.set(member, {
          ...{ value: member.value, deviation: deviations[nth] as number },
          ...{ by: this.model.by, cohort, others: members.length - 1 },
        });
    }
    return peers.map((peer) => found.get(peer) as PeerDeviation);
  }

  /** Schedules may be in the time of the device. */
  private programOf(timeZone: string): RuleProgram {
    const program = this.programs.get(timeZone) ?? new RuleProgram(this.rule, undefined, timeZone);
    this.programs.set(timeZone, program);
    return program;
  }
}

function newSlots(program: RuleProgram): Float64Array {
  const slots = new Float64Array(program.slots);
  program.start(slots, 0);
  return slots;
}

/** With k of n rounds, the last one need not be among the k. */
function saysWhy({ kind }: Transition, { deviation }: PeerDeviation): boolean {
  return kind === 'raised' && !Number.isNaN(deviation);
}
