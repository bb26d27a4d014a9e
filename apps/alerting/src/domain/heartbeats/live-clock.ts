/** Six ticks. A greater step between two ticks of a gateway is time in which nobody could be heard. */
export const maxStepMs = 3_000;
const forgottenAfterMs = 600_000;

interface Ticking {
  /** What the gateway's own clock said last. */
  atMs: number;
  /** The live time that it was then. */
  liveMs: number;
}

export interface LiveClockState {
  readonly ms: number;
  readonly gateways: readonly (readonly [gateway: string, ticking: Readonly<Ticking>])[];
  /** What the gateway said whose tick moved live time last, or began anew since. */
  readonly atMs?: number;
}

/**
 * The time in which devices of a partition could be heard, in milliseconds: it goes on with the ticks that gateways write
 * into the partition, and stands still while there are none. So a deadline in live time moves by the length of every
 * outage, of Kafka, of the gateways and of ourselves. Each gateway's ticks are compared with its own only: their
 * clocks may differ, and one that ends takes no time with it.
 *
 * A tick moves live time on by its gateway's step if no other one has moved it since that step began. So no two of the steps
 * that were counted overlap, and between two ticks never more live time passes than time.
 */
export class LiveClock {
  private readonly gateways = new Map<string, Ticking>();
  private ms = 0;
  private lastAtMs: number | undefined;

  save(): LiveClockState {
    const { ms, lastAtMs } = this;
    const gateways = [...this.gateways].map(([gateway, ticking]) => [gateway, { ...ticking }] as const);
    return { ms, gateways, ...(lastAtMs === undefined ? {} : { atMs: lastAtMs }) };
  }

  restore({ ms, gateways, atMs }: LiveClockState): void {
    this.ms = ms;
    this.lastAtMs = atMs;
    this.gateways.clear();
    for (const [gateway, ticking] of gateways) this.gateways.set(gateway, { ...ticking });
  }

  get nowMs(): number {
    return this.ms;
  }

  /**
   * What the clock said, of the gateway whose tick moved live time last or began anew since, when live time was what it is now;
   * milliseconds since the epoch, undefined before the first tick.
   */
  get atMs(): number | undefined {
    return this.lastAtMs;
  }

  /** Whether a tick goes on where the gateway's last one was, so that live time goes on with its clock. */
  goesOnWith(gateway: string, atMs: number): boolean {
    const known = this.gateways.get(gateway);
    return known !== undefined && !isJump(atMs - known.atMs);
  }

  /**
   * What the clocks of all gateways that tick have reached, milliseconds since the epoch: that of the one furthest behind. One that
   * ends is waited for as long as three seconds. Minus infinity before the first tick.
   */
  get reachedMs(): number {
    let reachedMs = Number.POSITIVE_INFINITY;
    for (const { atMs, liveMs } of this.gateways.values())
      if (this.ms - liveMs <= maxStepMs) reachedMs = Math.min(reachedMs, atMs);
    return reachedMs === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : reachedMs;
  }

  /** @param atMs the gateway's clock, milliseconds since the epoch; a step back, or one of more than three seconds, counts as none */
  tick(gateway: string, atMs: number): void {
    const known = this.gateways.get(gateway);
    const stepMs = known === undefined ? Number.POSITIVE_INFINITY : atMs - known.atMs;
    if (isJump(stepMs)) this.lastAtMs = atMs;
    else if (known?.liveMs === this.ms) {
      this.lastAtMs = atMs;
      this.ms += stepMs;
    }
    this.gateways.set(gateway, { atMs, liveMs: this.ms });
    this.forget();
  }

  private forget(): void {
    for (const [gateway, { liveMs }] of this.gateways)
      if (this.ms - liveMs > forgottenAfterMs) this.gateways.delete(gateway);
  }
}

function isJump(stepMs: number): boolean {
  return stepMs > maxStepMs || stepMs < 0;
}
