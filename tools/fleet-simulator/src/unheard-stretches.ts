/** Without an acknowledgement for anybody for as long, it was not the devices that were silent. */
const outageMs = 3_000;
/** Shorter ones are not kept. */
const keptMs = 5_000;

/** From one acknowledgement of a device to its next, in milliseconds of the clock that the acknowledgements were counted by. */
export interface UnheardStretch {
  readonly fromMs: number;
  /** Infinity: it goes on. */
  readonly toMs: number;
  /** How much of it others had acknowledgements in. */
  readonly countedMs: number;
  /** Times of 3 s or longer in which nobody had any. */
  readonly outages: number;
}

/**
 * When each device was without an acknowledgement while others had theirs: time in which nobody had one, for 3 s or longer, does not
 * count. Times are milliseconds of a clock that is never set.
 */
export class UnheardStretches {
  readonly #devices = new Map<string, { heard: Mark; readonly ended: UnheardStretch[] }>();
  /** Of the last acknowledgement of anybody. */
  #last: Mark | undefined;

  acknowledged(device: string, nowMs: number): void {
    const before = this.#last ?? { atMs: nowMs, countedMs: 0, outages: 0 };
    const sinceMs = nowMs - before.atMs;
    const isOutage = sinceMs >= outageMs;
    const now = {
      atMs: nowMs,
      countedMs: before.countedMs + (isOutage ? 0 : sinceMs),
      outages: before.outages + (isOutage ? 1 : 0),
    };
    this.#last = now;
    const known = this.#devices.get(device);
    if (known === undefined) return void this.#devices.set(device, { heard: now, ended: [] });
    const stretch = between(known.heard, now);
    if (stretch.countedMs >= keptMs) known.ended.push(stretch);
    known.heard = now;
  }

  /** Those of a device of which 5 s count at least, in their order. */
  of(device: string): UnheardStretch[] {
    const known = this.#devices.get(device);
    if (known === undefined || this.#last === undefined) return [];
    const open = { ...between(known.heard, this.#last), toMs: Infinity };
    return open.countedMs < keptMs ? known.ended : [...known.ended, open];
  }
}

/** The moment of an acknowledgement, with time that counted and outages since the first one. */
interface Mark {
  readonly atMs: number;
  readonly countedMs: number;
  readonly outages: number;
}

function between(from: Mark, to: Mark): UnheardStretch {
  const [countedMs, outages] = [to.countedMs - from.countedMs, to.outages - from.outages];
  return { fromMs: from.atMs, toMs: to.atMs, countedMs, outages };
}
