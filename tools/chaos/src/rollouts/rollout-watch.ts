import { setTimeout as delay } from 'node:timers/promises';
import { ChaosError } from '../chaos.errors.js';
import type { Damage } from '../scenario.js';
import { EarlyWatch } from './early-watch.js';
import { FirmwareApi } from './firmware-api.js';
import { FirmwareFleet, factoryVersion } from './firmware-fleet.js';
import { countKey, judgeRollouts } from './judge-rollouts.js';
import { fillShelf } from './release-shelf.js';
import { RolloutTraffic, type Stand } from './rollout-traffic.js';
import { StoredRollouts } from './stored-rollouts.js';
import { ToldEvents } from './told-events.js';

/** For each device that reports measurements; and no more than these. */
const devicesPerReporter = 20;
const maxDevices = 300;
const releases = 12;
const lanes = 3;
const firstUpdatesMs = 180_000;
/** After the damage a rollout may take so long to end by itself; then it has to say what it waits for, and is aborted. */
const endingMs = 60_000;
/** Twice the longest time-out of a rollout, and what a busy machine needs. */
const abortingMs = 120_000;
const settlingMs = 60_000;

/** Rollouts over devices that ask for updates while the system is damaged, and the proof that nobody was told two things. */
export class RolloutWatch {
  readonly #early: EarlyWatch;

  private constructor(
    private readonly api: FirmwareApi,
    private readonly devices: FirmwareFleet,
    private readonly traffic: RolloutTraffic,
    private readonly stored: StoredRollouts,
    private readonly events: ToldEvents,
    private readonly isClockRight: boolean,
  ) {
    this.#early = new EarlyWatch(devices.instructions, stored);
  }

  /** Resolves when rollouts are under way. @throws ChaosError chaos.impossible */
  static async begin(damage: Damage, { isClockRight }: { readonly isClockRight: boolean }): Promise<RolloutWatch> {
    const { chaos, fleet, random } = damage;
    const { tenant } = fleet;
    const count = Math.min(maxDevices, [...fleet.ledger.logs].length * devicesPerReporter);
    const devices = await FirmwareFleet.register(chaos, tenant, count, random.fork());
    const api = new FirmwareApi(chaos, tenant);
    const traffic = new RolloutTraffic(api, {
      ...{ lanes, patienceMs: Math.min(90_000, Math.max(30_000, damage.forMs / 3)), random: random.fork() },
      ...{ devices: () => devices.names, releases: await fillShelf(api, releases) },
    });
    const stored = new StoredRollouts(chaos.postgres.url, tenant);
    const events = new ToldEvents({ brokers: chaos.system.stack.brokers, clientId: 'chaos' }, tenant);
    const watch = new RolloutWatch(api, devices, traffic, stored, events, isClockRight);
    await watch.#start();
    return watch;
  }

  /** To be called when the damage is over. */
  async conclude(damage: Damage): Promise<void> {
    const { chaos, fail, note, say } = damage;
    try {
      await chaos.system.ready(60_000);
      await this.traffic.quieten();
      await this.#end(damage);
      say('  rollouts are over');
      await this.#settle(damage);
      await this.devices.stop();
      const { contradictions } = this.devices.record;
      const { instructions } = this.devices;
      for (const what of this.traffic.unusual.slice(0, 3)) fail(`an operator was answered ${what}`);
      tell(fail, 'devices contradict', [
        ...instructions.contradictions,
        ...contradictions.map(({ device, kind, actionId }) => `${device} ${kind} ${actionId}`),
      ]);
      tell(fail, 'shown before their wave', this.#early.found);
      tell(fail, 'do not fit together', await this.#judge());
      this.#describe(note);
    } finally {
      await this.close();
    }
  }

  async #start(): Promise<void> {
    this.events.start();
    this.devices.start();
    this.traffic.start();
    this.#early.start();
    const end = performance.now() + firstUpdatesMs;
    while (this.devices.record.counts.updates < 3) {
      if (performance.now() > end) {
        await this.close();
        throw ChaosError.permanent('chaos.impossible', 'no device was updated before any damage');
      }
      await delay(200);
    }
    this.traffic.meddle();
  }

  /** Every rollout ends, or says what it waits for and is aborted then. */
  async #end({ fail, note }: Damage): Promise<void> {
    await this.#until(endingMs, async (rollout) => {
      const stand = await this.traffic.look(rollout);
      if (stand?.state === 'paused') await this.traffic.act(rollout, 'resume');
    });
    const waiting = this.traffic.open;
    for (const rollout of waiting) {
      const stand = await this.traffic.look(rollout);
      if (stand === undefined || (stand.state === 'draft' && rollout.hasBegun !== true)) continue;
      if (!hasReason(stand)) fail(`${rollout.rollout} is ${stand.state} and does not say why`);
    }
    await this.#until(abortingMs, async (rollout) => {
      if (rollout.abortedMs === undefined) await this.traffic.act(rollout, 'abort', { reason: 'The run is over.' });
      await this.traffic.look(rollout);
    });
    note(`${this.traffic.rollouts.length} rollouts, ${waiting.length} aborted in the end`);
  }

  async #until(ms: number, step: (rollout: RolloutTraffic['open'][number]) => Promise<void>): Promise<void> {
    for (const end = performance.now() + ms; performance.now() < end && this.traffic.open.length > 0;) {
      for (const rollout of this.traffic.open) await step(rollout);
      await delay(500);
    }
  }

  /** Devices that were through when nobody listened say so, and every change is told. */
  async #settle({ fail, note }: Damage): Promise<void> {
    const end = performance.now() + settlingMs;
    let disagreeing = await this.#disagreeing();
    while (disagreeing.length > 0 && performance.now() < end) {
      await delay(500);
      disagreeing = await this.#disagreeing();
    }
    note(`${disagreeing.length} disagreeing`);
    tell(fail, 'run something else than the service believes', disagreeing);
  }

  async #disagreeing(): Promise<readonly string[]> {
    const believed = await this.stored.believed();
    const { record, names } = this.devices;
    const all = new Map(names.map((name) => [name, believed.has(name) ? believed.get(name) : factoryVersion]));
    return record.disagreeing(all).map((name) => {
      return `${name} (runs ${record.running(name)?.version}, believed ${all.get(name)})`;
    });
  }

  /** Events may still be on their way. */
  async #judge(): Promise<readonly string[]> {
    for (const end = performance.now() + settlingMs; ;) {
      const { instructions } = this.devices;
      const faults = judgeRollouts({
        ...{ shown: instructions.shown, wordsOf: (action) => instructions.wordsOf(action) },
        ...{ rollouts: await this.stored.rollouts(), assignments: await this.stored.assignments() },
        ...{ actions: await this.stored.actions(), changes: this.events.changes, counts: await this.#counts() },
        abortedMs: new Map(this.traffic.rollouts.map(({ rollout, abortedMs = Infinity }) => [rollout, abortedMs])),
        isClockRight: this.isClockRight,
      });
      if (faults.length === 0 || performance.now() > end) return faults;
      await delay(1_000);
    }
  }

  async #counts(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const known of this.traffic.rollouts) {
      const stand = await this.traffic.look(known);
      for (const { wave, counts: own } of stand?.progress ?? [])
        for (const { state, reason, devices } of own) counts.set(countKey(known.rollout, wave, state, reason), devices);
    }
    return counts;
  }

  #describe(note: Damage['note']): void {
    const { record, instructions } = this.devices;
    const { updates, failures, powerLosses, cancels, unconfirmed } = record.counts;
    note(
      `${updates} updates, ${failures} failures, ${cancels} stopped, ${powerLosses} power losses, ${record.silent.size} silent`,
    );
    note(
      `${instructions.repeatedReports} reports twice, ${instructions.lostAnswers} answers lost, ${unconfirmed} unconfirmed`,
    );
    note(
      `${instructions.shown.size} instructions, ${this.traffic.acts} acts of operators, ${this.events.changes.length} events`,
    );
  }

  async close(): Promise<void> {
    await this.#early.close();
    await Promise.all([this.traffic.quieten(), this.devices.stop()]);
    await Promise.all([this.api.close(), this.stored.close(), this.events.close()]);
  }
}

function hasReason({ state, paused, waitsFor, progress }: Stand): boolean {
  if (state === 'paused') return paused !== undefined;
  const isAtWork = progress.some(({ counts }) => counts.some((one) => atWork.includes(one.state) && one.devices > 0));
  return waitsFor.length > 0 || isAtWork;
}

const atWork = ['offered', 'retrieved', 'downloading', 'downloaded', 'installing', 'cancelling'];

function tell(fail: Damage['fail'], what: string, faults: readonly string[]): void {
  if (faults.length > 0) fail(`${faults.length} ${what}, e.g. ${faults.slice(0, 3).join('; ')}`);
}
