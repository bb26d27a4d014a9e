const other = 'other';

/**
 * Counts by a name of which there may be any number (a tenant) and a reason of which there are few. At most `maxNames` names
 * have series of their own, those that count most when there is room; the rest is `other`. A name keeps what it has, so no
 * series ever goes down.
 */
export class BoundedCounts {
  readonly #shown = new Map<string, Map<string, number>>();
  readonly #waiting = new Map<string, Map<string, number>>();
  readonly #rest = new Map<string, number>();

  /** @param maxWaiting names that are counted apart until the next look; what comes then beyond them is `other` at once */
  constructor(
    private readonly maxNames = 200,
    private readonly maxWaiting = 1_000,
  ) {}

  add(name: string, reason: string, count = 1): void {
    const counts = this.#shown.get(name) ?? this.#waiting.get(name) ?? this.#placeFor(name);
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  }

  /** Gives rooms that are free to who counts most, then tells every series. */
  read(tell: (count: number, name: string, reason: string) => void): void {
    const byCount = [...this.#waiting].sort(([, a], [, b]) => sumOf(b) - sumOf(a));
    this.#waiting.clear();
    for (const [name, counts] of byCount) {
      if (this.#shown.size < this.maxNames) this.#shown.set(name, counts);
      else for (const [reason, count] of counts) this.#rest.set(reason, (this.#rest.get(reason) ?? 0) + count);
    }
    for (const [name, counts] of this.#shown) for (const [reason, count] of counts) tell(count, name, reason);
    for (const [reason, count] of this.#rest) tell(count, other, reason);
  }

  #placeFor(name: string): Map<string, number> {
    const isHopeless = this.#shown.size >= this.maxNames || this.#waiting.size >= this.maxWaiting || name === other;
    if (isHopeless) return this.#rest;
    const counts = new Map<string, number>();
    this.#waiting.set(name, counts);
    return counts;
  }
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
