/** How long a round stays open beside its rule's lateness: on the way, and what the clocks of gateways may differ by. */
export const roundGraceMs = 10_000;
/** A rule's lateness is one round at most, so with the grace three are open at once. */
export const openRounds = 3;
/** A device without a value in as many rounds in a row is not compared any more. */
export const missedRounds = 3;

/** Event time cut into rounds of equal length, from the epoch on. A round is named by its end, which is the next one's beginning. */
export class Rounds {
  /** @param latenessMs of the rule, `everyMs` at most */
  constructor(
    readonly everyMs: number,
    private readonly latenessMs: number,
  ) {}

  /** The end of the last round that is over. @param reachedMs up to where gateways' clocks have got */
  overAt(reachedMs: number): number {
    return Math.floor((reachedMs - this.latenessMs - roundGraceMs) / this.everyMs) * this.everyMs;
  }

  /** @param overMs the end of the last round that is over */
  isOpen(ts: number, overMs: number): boolean {
    return ts >= overMs && ts < overMs + openRounds * this.everyMs;
  }

  /** The end of the round that an instant is in. */
  endOf(ts: number): number {
    return (Math.floor(ts / this.everyMs) + 1) * this.everyMs;
  }

  /** Another number for each of the rounds that are open at once. */
  placeOf(endMs: number): number {
    const nth = (endMs / this.everyMs) % openRounds;
    return nth < 0 ? nth + openRounds : nth;
  }
}
