import { setTimeout as delay } from 'node:timers/promises';
import type { Instructions } from './instructions.js';
import type { StoredRollouts } from './stored-rollouts.js';

const lookEveryMs = 300;

/** Looks all the time whether the wave of what devices have just been shown has begun, whatever clocks say. */
export class EarlyWatch {
  readonly #ended = new AbortController();
  readonly #found = new Set<string>();
  readonly #looked = new Set<number>();
  #looking: Promise<void> | undefined;

  constructor(
    private readonly instructions: Instructions,
    private readonly stored: StoredRollouts,
  ) {}

  /** Who was shown a deployment of a wave that had not begun. */
  get found(): readonly string[] {
    return [...this.#found];
  }

  start(): void {
    this.#looking ??= this.#look();
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#looking;
  }

  /** While PostgreSQL is away nobody is offered anything, and what was shown is looked at afterwards. */
  async #look(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const fresh = [...this.instructions.shown.keys()].filter((action) => !this.#looked.has(action));
      const early = fresh.length === 0 ? [] : await this.stored.early(fresh).catch(() => undefined);
      for (const action of early === undefined ? [] : fresh) this.#looked.add(action);
      for (const what of early ?? []) this.#found.add(what);
      await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
