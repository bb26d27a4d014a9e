import type { FleetChange } from '../domain/fleet/fleet.js';

/**
 * Hands changes on in lots, one lot at a time: what comes while one is followed is of the next one. A lot that fails is tried
 * again, with what has come meanwhile behind it.
 */
export class FollowingFleet {
  private waiting: FleetChange[] = [];
  private following: Promise<void> | undefined;

  constructor(private readonly follow: (changes: readonly FleetChange[]) => Promise<void>) {}

  add(change: FleetChange): void {
    this.waiting.push(change);
  }

  /** One lot; a step of background work. @returns whether more has come meanwhile */
  async step(): Promise<boolean> {
    this.following ??= this.followLot().finally(() => (this.following = undefined));
    await this.following;
    return this.waiting.length > 0;
  }

  private async followLot(): Promise<void> {
    const lot = this.waiting;
    if (lot.length === 0) return;
    this.waiting = [];
    try {
      await this.follow(lot);
    } catch (error) {
      this.waiting = lot.concat(this.waiting);
      throw error;
    }
  }
}
