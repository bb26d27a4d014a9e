import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '@myelin/fleet-simulator';
import type { Answer, FirmwareApi } from './firmware-api.js';
import { aRollout } from './a-rollout.js';
import type { ShelvedRelease } from './release-shelf.js';

export interface TrafficSettings {
  /** Rollouts at once. */
  readonly lanes: number;
  /** A rollout that has not ended by itself then is aborted. */
  readonly patienceMs: number;
  /** Devices that a rollout may have. */
  readonly devices: () => readonly string[];
  readonly releases: readonly ShelvedRelease[];
  readonly random: Random;
}

/** What the operators know of a rollout. */
export interface KnownRollout {
  readonly rollout: string;
  readonly devices: readonly string[];
  state: string;
  /** Its start was acknowledged. One that was only drafted when the operators went home stays a draft. */
  hasBegun?: boolean;
  /** When an abort was acknowledged. */
  abortedMs?: number;
}

const over = ['aborted', 'succeeded'];
/** Whatever a race between operators, devices and time-outs may come to; 401: the service's clock is wrong. */
const usual = [200, 401, 404, 409, 412, 429];
const lookEveryMs = 700;

/** Operators who start one rollout after the other, and meddle. */
export class RolloutTraffic {
  readonly rollouts: KnownRollout[] = [];
  /** Answers that nothing explains. */
  readonly unusual: string[] = [];
  acts = 0;
  readonly #ending = new AbortController();
  readonly #work: Promise<void>[] = [];

  constructor(
    private readonly api: FirmwareApi,
    private readonly settings: TrafficSettings,
  ) {}

  start(): void {
    for (let lane = 0; lane < this.settings.lanes; lane += 1) this.#work.push(this.#lane(lane));
  }

  /** From now on. */
  meddle(): void {
    this.#work.push(this.#meddle());
  }

  get open(): readonly KnownRollout[] {
    return this.rollouts.filter(({ state }) => !over.includes(state));
  }

  /** No new ones, and nobody meddles any more. */
  async quieten(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#work);
  }

  /** How a rollout stands; undefined: nobody answers. */
  async look(known: KnownRollout): Promise<Stand | undefined> {
    const answer = await this.api.ask('GET', `/v1/rollouts/${known.rollout}`);
    if (answer?.status !== 200) return undefined;
    const stand = answer.body as Stand;
    known.state = stand.state;
    return stand;
  }

  async act(known: KnownRollout, action: string, body?: object): Promise<Answer | undefined> {
    const path = `/v1/rollouts/${known.rollout}/${action}`;
    const answer = await this.api.ask('POST', path, body === undefined ? {} : { body });
    if (answer === undefined) return undefined;
    this.acts += 1;
    if (!usual.includes(answer.status)) this.unusual.push(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    if (action === 'abort' && answer.status === 200) known.abortedMs ??= Date.now();
    return answer;
  }

  async #lane(lane: number): Promise<void> {
    for (let nth = 1; !this.#isOver; nth += 1) {
      const known = await this.#begin(`rollout-${lane}-${nth}`);
      if (known !== undefined) await this.#follow(known);
    }
  }

  /** Tries until it is known to have begun. */
  async #begin(rollout: string): Promise<KnownRollout | undefined> {
    const { random, releases } = this.settings;
    const { release } = releases[Math.floor(random.between(0, releases.length))] as ShelvedRelease;
    const devices = this.settings.devices().filter(() => random.chance(0.5));
    const known: KnownRollout = { rollout, devices, state: 'draft' };
    const body = aRollout(random, release, devices);
    while (!this.#isOver) {
      const put = await this.api.ask('PUT', `/v1/rollouts/${rollout}`, { body, headers: { 'if-none-match': '*' } });
      if (put?.status === 400) this.unusual.push(`a draft was refused: ${JSON.stringify(put.body)}`);
      if (put?.status === 201 || put?.status === 412) break;
      await this.#rest(lookEveryMs);
    }
    this.rollouts.push(known);
    while (!this.#isOver) {
      const stand = await this.look(known);
      if (stand !== undefined && stand.state !== 'draft') return known;
      if (stand !== undefined) await this.#startDraft(known, stand.version);
      await this.#rest(stand === undefined ? lookEveryMs : 50);
    }
    return undefined;
  }

  async #startDraft(known: KnownRollout, version: number): Promise<void> {
    const headers = { 'if-match': `"${version}"` };
    const answer = await this.api.ask('POST', `/v1/rollouts/${known.rollout}/start`, { headers });
    if (answer?.status === 200) known.hasBegun = true;
  }

  async #follow(known: KnownRollout): Promise<void> {
    const end = performance.now() + this.settings.patienceMs;
    while (!this.#isOver) {
      await this.look(known);
      if (over.includes(known.state)) return;
      if (known.state === 'paused' && this.settings.random.chance(0.3)) await this.act(known, 'resume');
      if (performance.now() > end) await this.act(known, 'abort', { reason: 'It takes too long.' });
      await this.#rest(lookEveryMs);
    }
  }

  async #meddle(): Promise<void> {
    const { random } = this.settings;
    for (;;) {
      await this.#rest(random.between(200, 1_500));
      if (this.#isOver) return;
      const open = this.open;
      const known = open[Math.floor(random.between(0, open.length))];
      const device = known?.devices[Math.floor(random.between(0, known.devices.length))];
      if (known === undefined || device === undefined) continue;
      const reason = { reason: 'An operator likes it so.' };
      const acts: readonly (() => Promise<unknown>)[] = [
        ...[1, 2].map(() => () => this.act(known, 'pause', reason)),
        ...[1, 2, 3, 4].map(() => () => this.act(known, 'resume')),
        ...[1, 2, 3, 4, 5, 6].map(() => () => this.#retryOne(known)),
        ...[1, 2].map(() => () => this.act(known, `assignments/${device}/cancel`)),
        ...[1, 2].map(() => () => this.act(known, `assignments/${device}/skip`)),
        ...[0, 1].map((wave) => () => this.act(known, `waves/${wave}/advance`)),
        () => (random.chance(0.5) ? this.act(known, 'abort', reason) : Promise.resolve()),
      ];
      await acts[Math.floor(random.between(0, acts.length))]?.();
    }
  }

  async #retryOne(known: KnownRollout): Promise<void> {
    const { random } = this.settings;
    const state = random.chance(0.7) ? 'failed' : 'cancelled';
    const answer = await this.api.ask('GET', `/v1/rollouts/${known.rollout}/assignments?state=${state}`);
    const { items = [] } = (answer?.body ?? {}) as { readonly items?: readonly { readonly device: string }[] };
    const device = items[Math.floor(random.between(0, items.length))]?.device;
    if (device !== undefined) await this.act(known, `assignments/${device}/retry`);
  }

  get #isOver(): boolean {
    return this.#ending.signal.aborted;
  }

  async #rest(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }
}

/** A rollout as it is shown. */
export interface Stand {
  readonly state: string;
  readonly version: number;
  readonly paused?: { readonly reason: string; readonly detail: string };
  readonly waitsFor: readonly string[];
  readonly progress: readonly {
    readonly wave: number;
    readonly counts: readonly { readonly state: string; readonly reason?: string; readonly devices: number }[];
  }[];
}
