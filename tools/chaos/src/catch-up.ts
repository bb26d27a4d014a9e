/** From the moment that the database is back: how fast the backlog is stored beside the live rate. */
export class CatchUp {
  #startedMs = performance.now();
  #first: { readonly atMs: number; readonly stored: number } | undefined;
  #last: { readonly atMs: number; readonly stored: number } | undefined;
  #over = false;

  /** @param liveRate measurements per second that devices send all the time */
  constructor(
    private readonly liveRate: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#startedMs = now();
  }

  get isOver(): boolean {
    return this.#over;
  }

  get elapsedMs(): number {
    return this.now() - this.#startedMs;
  }

  /** Over when less is missing than the devices send in a second. */
  observe(accepted: number, stored: number): void {
    const look = { atMs: this.now(), stored };
    this.#first ??= look;
    this.#last = look;
    this.#over = accepted - stored <= this.liveRate;
  }

  describe(): string {
    const { elapsedMs } = this;
    const seconds = (elapsedMs / 1_000).toFixed(1);
    if (!this.#over) return `not caught up within ${seconds} s`;
    const [first, last] = [this.#first, this.#last];
    if (first === undefined || last === undefined || last.atMs === first.atMs) return `caught up within ${seconds} s`;
    const rate = ((last.stored - first.stored) * 1_000) / (last.atMs - first.atMs);
    const ratio = (rate / this.liveRate).toFixed(1);
    return `caught up in ${seconds} s at ${Math.round(rate).toLocaleString('en-US')}/s (${ratio} times the live rate)`;
  }
}
