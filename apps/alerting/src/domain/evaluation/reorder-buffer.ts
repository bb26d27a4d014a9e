import { compareReadings, isSameReading, type Reading } from './reading.js';

export const maxBuffered = 256;

/** What became of a reading on its arrival. */
export type Arrival = 'taken' | 'late' | 'duplicate';

/** Puts the readings of one device into the order of event time, as far as they are out of order by no more than the lateness. */
export class ReorderBuffer {
  /** In order; of lateness 0 those that were given out last. */
  private held: Reading[] = [];
  private greatestMs = Number.NEGATIVE_INFINITY;
  /** Everything up to here was given out. */
  private doneMs = Number.NEGATIVE_INFINITY;

  /** @param latenessMs event time; with 0 a reading is given out at once, and readings of one instant as they come */
  constructor(private readonly latenessMs: number) {}

  /** @param give takes readings in the order of event time */
  add(reading: Reading, give: (reading: Reading) => void): Arrival {
    return this.latenessMs === 0 ? this.passOn(reading, give) : this.hold(reading, give);
  }

  save(): ReorderState {
    return { held: [...this.held], greatestMs: this.greatestMs, doneMs: this.doneMs };
  }

  restore({ held, greatestMs, doneMs }: ReorderState): void {
    this.held = [...held];
    this.greatestMs = greatestMs;
    this.doneMs = doneMs;
  }

  private passOn(reading: Reading, give: (reading: Reading) => void): Arrival {
    if (reading.ts < this.doneMs) return 'late';
    if (reading.ts > this.doneMs) {
      this.held.length = 0;
      this.doneMs = reading.ts;
    } else if (this.held.some((other) => isSameReading(other, reading))) {
      return 'duplicate';
    }
    if (this.held.length < maxBuffered) this.held.push(reading);
    give(reading);
    return 'taken';
  }

  private hold(reading: Reading, give: (reading: Reading) => void): Arrival {
    if (reading.ts <= this.doneMs || reading.ts < this.greatestMs - this.latenessMs) return 'late';
    const place = this.placeOf(reading);
    const before = this.held[place - 1];
    if (before !== undefined && isSameReading(before, reading)) return 'duplicate';
    this.held.splice(place, 0, reading);
    this.greatestMs = Math.max(this.greatestMs, reading.ts);
    // The watermark itself may still be met by others of its instant.
    let ready = 0;
    while (this.held.length - ready > maxBuffered || this.isReady(this.held[ready])) ready += 1;
    if (ready > 0) this.giveOut(ready, give);
    return 'taken';
  }

  private isReady(reading: Reading | undefined): boolean {
    return reading !== undefined && reading.ts < this.greatestMs - this.latenessMs;
  }

  /** Together with all of the same instant: what comes later for it is late. */
  private giveOut(ready: number, give: (reading: Reading) => void): void {
    this.doneMs = (this.held[ready - 1] as Reading).ts;
    let end = ready;
    while (this.held[end]?.ts === this.doneMs) end += 1;
    for (const reading of this.held.splice(0, end)) give(reading);
  }

  /** Behind all that are not greater. Mostly at the end: the search begins there. */
  private placeOf(reading: Reading): number {
    let place = this.held.length;
    while (place > 0 && compareReadings(this.held[place - 1] as Reading, reading) > 0) place -= 1;
    return place;
  }
}

export interface ReorderState {
  readonly held: readonly Reading[];
  readonly greatestMs: number;
  readonly doneMs: number;
}
