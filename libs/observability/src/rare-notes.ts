/** Keys that are remembered; the one that was told longest ago is forgotten first. */
const maxKeys = 100;

/**
 * Keeps what happens many times a second, as in an outage, from flooding a log: of each kind the first of ten seconds is
 * told, with how many went untold before.
 */
export class RareNotes {
  readonly #kinds = new Map<string, { quietUntilMs: number; untold: number }>();

  constructor(private readonly quietMs = 10_000) {}

  /**
   * Fields to add to the line when it is to be written; undefined when it is not.
   * @param kind of few values, not one per request
   * @param nowMs on the monotonic scale, by default that of `performance.now()`
   */
  due(kind: string, nowMs: number = performance.now()): { readonly untold?: number } | undefined {
    const known = this.#kinds.get(kind);
    if (known !== undefined && nowMs < known.quietUntilMs) {
      known.untold += 1;
      return undefined;
    }
    this.#kinds.delete(kind); // set again below: insertion order is the order of telling
    const oldest = this.#kinds.keys().next().value;
    if (this.#kinds.size >= maxKeys && oldest !== undefined) this.#kinds.delete(oldest);
    this.#kinds.set(kind, { quietUntilMs: nowMs + this.quietMs, untold: 0 });
    return known === undefined || known.untold === 0 ? {} : { untold: known.untold };
  }
}
