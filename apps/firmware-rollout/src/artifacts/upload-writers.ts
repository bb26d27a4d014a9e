import { randomUUID } from 'node:crypto';

interface Active {
  readonly ending: AbortController;
  readonly done: Promise<unknown>;
}

/**
 * Who writes which upload in this process: one at a time. Whoever comes later ends whoever is there, as it is the same client on a
 * new connection, which knows before the server does that the old one is dead.
 */
export class UploadWriters {
  /** This process, in the rows of uploads. */
  readonly holder = randomUUID();
  readonly #active = new Map<string, Active>();

  /** Work that sees its signal abort stops and keeps what it has. */
  async alone<T>(upload: string, work: (ending: AbortSignal) => Promise<T>): Promise<T> {
    for (let other = this.#active.get(upload); other !== undefined; other = this.#active.get(upload)) {
      other.ending.abort();
      await other.done.catch(() => undefined);
    }
    const ending = new AbortController();
    const done = work(ending.signal).finally(() => this.#active.delete(upload));
    this.#active.set(upload, { ending, done });
    return done;
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    const all = [...this.#active.values()];
    for (const { ending } of all) ending.abort();
    await Promise.allSettled(all.map(({ done }) => done));
  }
}
