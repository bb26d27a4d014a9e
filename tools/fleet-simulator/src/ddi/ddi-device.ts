import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../random.js';
import type { DdiDeployment, DdiRoot } from './ddi-answers.js';
import type { DdiAccount, DdiClient, DdiFeedback } from './ddi-client.js';
import { DeviceFlash } from './device-flash.js';
import type { FirmwareRecord, RunningFirmware } from './firmware-record.js';
import type { PartialDownload } from './partial-download.js';
import { planUpdate, type UpdateFaultShares, type UpdatePlan, type UpdateStep } from './update-faults.js';

export interface DdiDeviceSettings {
  readonly account: DdiAccount;
  /** What it comes with. */
  readonly factory: RunningFirmware;
  readonly faults: UpdateFaultShares;
  /** Sent while the service asks for them. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** It asks as often as it is told, and at least this often. */
  readonly longestPollMs?: number;
}

const downloadTries = 5;
const firstPollMs = 45_000; // as SWUpdate, before it has been told otherwise
const drainPollMs = 500;
const working: DdiFeedback = { execution: 'proceeding', finished: 'none', details: [] };

/** The power is gone, or the device for good; whatever was under way ends here. */
class Interrupted extends Error {}

/**
 * A device with two slots for its firmware, as an update client makes of it: asks, downloads, verifies, writes the
 * other slot, starts from it, and reports what came of it until that is answered. What its flash holds survives a
 * loss of power at any step.
 */
export class DdiDevice {
  readonly #flash: DeviceFlash;
  readonly #plans = new Map<string, UpdatePlan>();
  /** Faults that have happened: each happens once per action. */
  readonly #happened = new Set<string>();
  readonly #stopped = new AbortController();
  #silent = false;
  #pollMs: number;
  #running: Promise<void> | undefined;

  constructor(
    private readonly settings: DdiDeviceSettings,
    private readonly client: DdiClient,
    private readonly record: FirmwareRecord,
    private readonly random: Random,
  ) {
    this.#flash = new DeviceFlash(settings.factory);
    this.#pollMs = this.#atMost(firstPollMs);
    record.runs(settings.account.device, settings.factory);
  }

  get name(): string {
    return this.settings.account.device;
  }

  /** Begins somewhere in its interval and goes on until it is stopped. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after the step under way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /**
   * Ends after the step under way, but not before the service has heard what came of an update: until then the two cannot agree.
   * @returns whether it has; a device that is silent has nothing to say
   */
  async drain(deadlineMs: number): Promise<boolean> {
    const end = Date.now() + deadlineMs;
    await this.stop();
    while (!this.#silent && this.#flash.decided !== undefined) {
      if (Date.now() >= end) return false;
      const waitMs = await this.step();
      if (this.#flash.decided !== undefined) await delay(Math.min(waitMs, drainPollMs));
    }
    return true;
  }

  /** Asks once and does what it is told. @returns after how many milliseconds it asks again */
  async step(): Promise<number> {
    if (this.#silent) return this.#pollMs;
    try {
      const root = await this.client.root(this.settings.account);
      return root === undefined ? this.#pollMs : await this.#follow(root);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      if (!this.#silent) this.#boot();
      return this.#silent ? this.#pollMs : 0;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    let waitMs = this.random.between(0, this.#pollMs);
    while (!signal.aborted) {
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) waitMs = await this.step();
    }
  }

  #atMost(ms: number): number {
    return Math.min(ms, this.settings.longestPollMs ?? Infinity);
  }

  async #follow(root: DdiRoot): Promise<number> {
    const { account, attributes } = this.settings;
    this.#pollMs = this.#atMost(root.sleepMs);
    if (root.configData !== undefined && attributes !== undefined) await this.client.configData(account, attributes);
    if (root.cancelAction !== undefined) await this.#cancel(root.cancelAction);
    else if (root.deploymentBase !== undefined) return (await this.#deploy(root.deploymentBase)) ? 0 : this.#pollMs;
    return this.#pollMs;
  }

  /** What is installed already is not taken back: the service will hear of it with the next question. */
  async #cancel(href: string): Promise<void> {
    const { account } = this.settings;
    const stopId = await this.client.cancelAction(account, href);
    if (stopId === undefined) return;
    if (this.#flash.decided?.actionId === stopId) {
      const details = ['It is decided already.'];
      await this.client.feedback(account, 'cancelAction', stopId, { execution: 'rejected', finished: 'none', details });
      return;
    }
    const details = ['cancellation acknowledged.'];
    const answer: DdiFeedback = { execution: 'closed', finished: 'success', details };
    const told = await this.client.feedback(account, 'cancelAction', stopId, answer);
    if (told !== 'taken') return;
    this.#flash.dropDownloads();
    this.record.counts.cancels += 1;
  }

  /** @returns whether it asks again at once */
  async #deploy(href: string): Promise<boolean> {
    const { account } = this.settings;
    const deployment = await this.client.deployment(account, href);
    if (deployment === undefined) return false;
    this.record.touches(account.device);
    const { actionId } = deployment;
    const { decided, closed } = this.#flash;
    if (closed?.actionId === actionId) this.#flash.decided = closed;
    if (this.#flash.decided?.actionId === actionId) return this.#report(actionId);
    if (decided !== undefined) {
      // The service goes on without having heard: its answer was lost, or it has waited long enough.
      this.record.counts.unconfirmed += 1;
      this.#flash.decided = undefined;
    }
    return this.#update(deployment);
  }

  async #update(deployment: DdiDeployment): Promise<boolean> {
    const { account } = this.settings;
    const { actionId } = deployment;
    this.#pass(actionId, 'read');
    const details = ['Installing Update Chunk Artifacts.'];
    const told = await this.client.feedback(account, 'deploymentBase', actionId, { ...working, details });
    if (told !== 'taken') return false;
    this.#pass(actionId, 'announced');
    const parts = this.#flash.downloadsOf(deployment);
    if (!(await this.#download(deployment, parts))) return false;
    if (!parts.every((part) => part.isGenuine)) {
      this.#decide({ actionId, finished: 'failure', details: 'The digest of an artifact is wrong.' });
      return this.#report(actionId);
    }
    this.#pass(actionId, 'downloaded');
    if (deployment.update === 'skip') {
      const done: DdiFeedback = { execution: 'downloaded', finished: 'success', details: ['Downloaded.'] };
      await this.client.feedback(account, 'deploymentBase', actionId, done);
      return false;
    }
    if (!(await this.#isStillWanted(actionId))) return false;
    this.#install(deployment);
    return true;
  }

  /** Whether everything is there; a wrong length counts as being there, and is found with the digest. */
  async #download(deployment: DdiDeployment, parts: readonly PartialDownload[]): Promise<boolean> {
    const { account } = this.settings;
    const { actionId } = deployment;
    for (const [nth, part] of parts.entries()) {
      for (let tries = 0; !part.isComplete && !part.isOverfull; tries += 1) {
        if (tries === downloadTries) return false;
        const { received } = part;
        if (received > 0) this.record.counts.resumedDownloads += 1;
        const { href, size } = part.artifact;
        const stopAt = nth === 0 ? this.#breakAt(actionId, size) : Infinity;
        await this.client.download(account, href, part, Math.max(received, stopAt));
        if (stopAt !== Infinity) this.#pass(actionId, 'downloading');
      }
    }
    return true;
  }

  /** Asked once more before anything is written, as SWUpdate does: meanwhile it may have been cancelled. */
  async #isStillWanted(actionId: string): Promise<boolean> {
    const root = await this.client.root(this.settings.account);
    if (root?.cancelAction !== undefined) await this.#cancel(root.cancelAction);
    if (root?.deploymentBase === undefined) return false;
    const deployment = await this.client.deployment(this.settings.account, root.deploymentBase);
    return deployment?.actionId === actionId && deployment.update !== 'skip';
  }

  #install({ actionId, version, artifacts }: DdiDeployment): void {
    this.#pass(actionId, 'installing');
    this.record.installs(this.settings.account.device, actionId);
    const sha256 = artifacts.map((artifact) => artifact.sha256);
    this.#flash.written = { actionId, version, sha256, starts: !this.#planOf(actionId).fails };
    this.#flash.dropDownloads();
    this.#pass(actionId, 'installed');
    this.#boot();
  }

  /** From the other slot, if something was written there; back to the old one if that does not start. */
  #boot(): void {
    const { written } = this.#flash;
    if (written === undefined) return;
    this.#flash.written = undefined;
    const { actionId, version, sha256, starts } = written;
    if (starts) {
      this.#flash.running = { version, sha256 };
      this.record.runs(this.settings.account.device, this.#flash.running);
    }
    this.#decide(
      starts
        ? { actionId, finished: 'success', details: 'Update Installed.' }
        : { actionId, finished: 'failure', details: 'Update Failed.' },
    );
  }

  #decide(update: NonNullable<DeviceFlash['decided']>): void {
    this.#flash.decided = update;
    this.#flash.dropDownloads();
    this.record.counts[update.finished === 'success' ? 'updates' : 'failures'] += 1;
  }

  /** Only of the action that is offered: another one's outcome is not for it. */
  async #report(actionId: string): Promise<boolean> {
    const { decided } = this.#flash;
    if (decided === undefined) return false;
    const { finished, details } = decided;
    const answer: DdiFeedback = { execution: 'closed', finished, details: [details] };
    const told = await this.client.feedback(this.settings.account, 'deploymentBase', actionId, answer);
    this.#pass(actionId, 'reported');
    if (told === 'taken' || told === 'gone') {
      this.#flash.closed = decided;
      this.#flash.decided = undefined;
      if (told === 'gone') this.record.counts.unconfirmed += 1;
    }
    return false;
  }

  #planOf(actionId: string): UpdatePlan {
    const known = this.#plans.get(actionId);
    if (known !== undefined) return known;
    const plan = planUpdate(this.settings.faults, this.random);
    this.#plans.set(actionId, plan);
    return plan;
  }

  /** After how many bytes something ends this try; Infinity when nothing does. */
  #breakAt(actionId: string, size: number): number {
    const { breaks, breaksAfter, silentAt, powerLossAt } = this.#planOf(actionId);
    const isCut = breaks && this.#happensNow(`${actionId} breaks`);
    const ends = silentAt === 'downloading' || (powerLossAt === 'downloading' && !this.#hasHappened(actionId));
    return isCut || ends ? Math.floor(size * breaksAfter) : Infinity;
  }

  /** The end of a step: here the device may fall silent or lose its power. */
  #pass(actionId: string, step: UpdateStep): void {
    const { silentAt, powerLossAt } = this.#planOf(actionId);
    if (silentAt === step) {
      this.#silent = true;
      this.record.fallsSilent(this.settings.account.device);
      throw new Interrupted();
    }
    if (powerLossAt === step && this.#happensNow(`${actionId} power`)) {
      this.record.counts.powerLosses += 1;
      throw new Interrupted();
    }
  }

  #hasHappened(actionId: string): boolean {
    return this.#happened.has(`${actionId} power`);
  }

  #happensNow(fault: string): boolean {
    if (this.#happened.has(fault)) return false;
    this.#happened.add(fault);
    return true;
  }
}
