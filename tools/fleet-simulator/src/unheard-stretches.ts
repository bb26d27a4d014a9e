/** Without an acknowledgement for anybody for as long, it was not the devices that were silent. */
const outageMs = 3_000;

/**
 * How long each device was without an acknowledgement while others had theirs: time in which nobody had one, for 3 s or
 * longer, does not count. Times are milliseconds of a clock that is never set.
 */
export class UnheardStretches {
  readonly #devices = new Map<string, { heardAt: number; longestMs: number }>();
  #lastMs: number | undefined;
  /** Time that counts, from the first acknowledgement on. */
  #countedMs = 0;

  acknowledged(device: string, nowMs: number): void {
    const sinceMs = nowMs - (this.#lastMs ?? nowMs);
    if (sinceMs < outageMs) this.#countedMs += sinceMs;
    this.#lastMs = nowMs;
    const stretch = this.#devices.get(device) ?? { heardAt: this.#countedMs, longestMs: 0 };
    stretch.longestMs = Math.max(stretch.longestMs, this.#countedMs - stretch.heardAt);
    stretch.heardAt = this.#countedMs;
    this.#devices.set(device, stretch);
  }

  /** The longest such stretch of a device so far, the one that goes on included; 0 for one that never had any. */
  longestMs(device: string): number {
    const stretch = this.#devices.get(device);
    return stretch === undefined ? 0 : Math.max(stretch.longestMs, this.#countedMs - stretch.heardAt);
  }
}
