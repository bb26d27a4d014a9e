import type { PayloadOf, traceRequestStateV1 } from '@myelin/contracts';

/** The devices that are followed, without any broker. Synchronous, never throws. */
export class FollowedState {
  /** Device key -> the first instant at which it is followed no more. */
  readonly #until = new Map<string, number>();

  apply(key: string, state: PayloadOf<typeof traceRequestStateV1> | null): void {
    if (state === null) this.#until.delete(key);
    else this.#until.set(key, Date.parse(state.until));
  }

  /** Costs nothing while nobody is followed. What is over is forgotten here: nothing is published when it ends. */
  isFollowed(key: string, nowMs: number): boolean {
    if (this.#until.size === 0) return false;
    const untilMs = this.#until.get(key);
    if (untilMs === undefined) return false;
    if (nowMs < untilMs) return true;
    this.#until.delete(key);
    return false;
  }

  /** With those that are over and have not been asked for since. */
  get count(): number {
    return this.#until.size;
  }
}
