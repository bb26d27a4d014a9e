import { maxPeers } from '../rules/peers.js';
import type { PeerUse } from './device-plan.js';
import type { EvaluatedDevices } from './evaluated-devices.js';
import type { Arrivals, KnownDevice } from './partition-evaluator.js';
import type { PeerProgram } from './peer-program.js';
import type { Reading } from './reading.js';
import type { RuleProgram } from './rule-program.js';

/** What devices of a partition said in a round of a rule. */
export interface PeerValue {
  readonly device: string;
  /** The profile or site whose devices are compared with each other. */
  readonly cohort: string;
  /** The device's, for the rule's schedule. */
  readonly timeZone: string;
  readonly value: number;
}

export interface ContributedRound {
  /** Event time. */
  readonly endMs: number;
  /** In the order of devices. */
  readonly values: readonly PeerValue[];
}

/** That a partition has nothing more to say of some rounds of a rule, and what it has said of them. */
export interface PassedRounds {
  readonly tenant: string;
  readonly rule: string;
  readonly version: number;
  /** The end of the last of them, in event time. */
  readonly untilMs: number;
  /** Those of which something was said, the earliest first. */
  readonly rounds: readonly ContributedRound[];
}

export type PassedSink = (passed: PassedRounds) => void;

interface Due {
  readonly tenant: string;
  readonly rule: RuleProgram;
  readonly afterMs: number;
  readonly untilMs: number;
  readonly rounds: Map<number, PeerValue[]>;
}

/** The rounds in which devices of a partition are compared with those of all others: what they say of them until they are over. */
export class OpenRounds {
  /** Up to where gateways' clocks have got; it never goes back. */
  reachedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly devices: EvaluatedDevices<KnownDevice>,
    private readonly arrivals: Arrivals,
  ) {}

  /** A reading of a round that is over changes nothing, nor does one of a clock that is rounds ahead; both count as late. */
  keep(device: number, peers: readonly PeerUse[], readings: readonly Reading[]): void {
    for (const use of peers) {
      const { program } = use;
      const overMs = program.rounds.overAt(this.reachedMs);
      for (const reading of readings) {
        if (!program.isAbout(reading)) continue;
        const isOpen = program.rounds.isOpen(reading.ts, overMs);
        this.arrivals[isOpen ? 'taken' : 'late'] += 1;
        if (isOpen && this.devices.evaluator(device).keepForRound(use, reading)) this.devices.touch(device);
      }
    }
  }

  /**
   * @param comparing the rules that compare devices with each other
   * @param reachedMs up to where gateways' clocks have got
   * @param sink is told of each rule of which rounds are over now
   */
  reach(comparing: Iterable<readonly [string, RuleProgram]>, reachedMs: number, sink: PassedSink): void {
    const beforeMs = this.reachedMs;
    if (!(reachedMs > beforeMs)) return;
    this.reachedMs = reachedMs;
    const due = new Map<string, Due>();
    for (const [tenant, rule] of comparing) {
      const rounds = rule.peers?.program.rounds;
      if (rounds === undefined) continue;
      const [afterMs, untilMs] = [rounds.overAt(beforeMs), rounds.overAt(reachedMs)];
      if (untilMs > afterMs)
        due.set(keyOf(tenant, rule), { ...{ tenant, rule, afterMs, untilMs }, rounds: new Map<number, PeerValue[]>() });
    }
    if (due.size === 0) return;
    for (const device of this.devices.all()) this.collect(device, due);
    for (const one of due.values()) sink(passedBy(one));
  }

  private collect(device: number, due: ReadonlyMap<string, Due>): void {
    const { peers } = this.devices.planOf(device);
    if (peers.length === 0) return;
    const tenant = this.devices.tenantOf(device);
    const { numbers } = this.devices.stateOf(device);
    for (const { rule, program, at } of peers) {
      const one = due.get(keyOf(tenant, rule));
      if (one === undefined) continue;
      for (const { endMs, value } of program.valuesOf(numbers, at, one.afterMs, one.untilMs)) {
        const peer = this.peerOf(device, program, value);
        if (peer === undefined) continue;
        const values = one.rounds.get(endMs);
        if (values === undefined) one.rounds.set(endMs, [peer]);
        else values.push(peer);
      }
    }
  }

  /** Undefined for a device that is at no site, where sites are compared. */
  private peerOf(device: number, { by }: PeerProgram, value: number): PeerValue | undefined {
    const { facts } = this.devices.followedBy(device) as KnownDevice;
    const cohort = facts[by];
    if (cohort === undefined) return undefined;
    return { device: facts.device, cohort, timeZone: facts.timeZone, value };
  }
}

function passedBy({ tenant, rule: { id, version }, untilMs, rounds }: Due): PassedRounds {
  const said = [...rounds].sort(([a], [b]) => a - b);
  return {
    ...{ tenant, rule: id, version, untilMs },
    rounds: said.map(([endMs, values]) => ({ endMs, values: firstPeers(values) })),
  };
}

/** As many as are compared at most, in the order of devices: of all partitions these are among the first as well. */
export function firstPeers(values: readonly PeerValue[]): PeerValue[] {
  const inOrder = values.toSorted((a, b) => (a.device < b.device ? -1 : Number(a.device > b.device)));
  return inOrder.filter(({ device }, nth) => device !== inOrder[nth - 1]?.device).slice(0, maxPeers);
}

/** Neither part can hold a line end. */
function keyOf(tenant: string, { id, version }: RuleProgram): string {
  return `${tenant}\n${id}\n${version}`;
}
