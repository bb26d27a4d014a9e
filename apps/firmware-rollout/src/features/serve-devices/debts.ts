import { mixedHash } from '../../ddi/mixed-hash.js';

/** A limit as a debt: what is taken is owed, and is paid back at the sustained rate. */
export interface Allowance {
  /** Sustained. */
  readonly perSecond: number;
  /** What can be owed at most before the next is refused. */
  readonly burst: number;
}

/** Places that a device may have. */
const ways = 8;

/**
 * What devices owe, in memory of a fixed size (16 bytes for each of `places`) however many there are. A debt that is paid takes no
 * place; where more devices owe than there are places for, the smallest debt is forgotten: somebody is let through then, and
 * nobody is refused for another.
 */
export class Debts {
  private readonly marks: Uint32Array;
  private readonly owed: Float32Array;
  /** When the debt was as `owed` says. */
  private readonly notedAtMs: Float64Array;
  private readonly sets: number;

  constructor(
    private readonly allowance: Allowance,
    places: number,
  ) {
    this.sets = Math.ceil(places / ways);
    this.marks = new Uint32Array(this.sets * ways);
    this.owed = new Float32Array(this.sets * ways);
    this.notedAtMs = new Float64Array(this.sets * ways);
  }

  /** Takes nothing. @returns milliseconds until something can be taken; 0 = now */
  waitMs(key: string, nowMs: number): number {
    const mark = mixedHash(key);
    const place = this.placeOf(key, mark, nowMs);
    return this.marks[place] === mark ? this.waitAt(place, nowMs) : 0;
  }

  /** Takes without asking: what is more than there is left makes the debt the longer. */
  take(key: string, amount: number, nowMs: number): void {
    const mark = mixedHash(key);
    this.takeAt(this.placeOf(key, mark, nowMs), mark, amount, nowMs);
  }

  /** Takes, if something can be taken now. @returns as {@link waitMs} */
  tryTake(key: string, amount: number, nowMs: number): number {
    const mark = mixedHash(key);
    const place = this.placeOf(key, mark, nowMs);
    const waitMs = this.marks[place] === mark ? this.waitAt(place, nowMs) : 0;
    if (waitMs === 0) this.takeAt(place, mark, amount, nowMs);
    return waitMs;
  }

  private waitAt(place: number, nowMs: number): number {
    const { perSecond, burst } = this.allowance;
    const excess = this.owedAt(place, nowMs) - burst;
    return excess < 0 ? 0 : Math.floor((excess * 1_000) / perSecond) + 1;
  }

  private takeAt(place: number, mark: number, amount: number, nowMs: number): void {
    this.owed[place] = amount + (this.marks[place] === mark ? this.owedAt(place, nowMs) : 0);
    this.marks[place] = mark;
    this.notedAtMs[place] = nowMs;
  }

  /** The device's own place, or else the one of its set whose debt is the smallest. */
  private placeOf(key: string, mark: number, nowMs: number): number {
    const first = (setOf(key) % this.sets) * ways;
    let [smallest, least] = [first, Infinity];
    for (let place = first; place < first + ways; place += 1) {
      if (this.marks[place] === mark) return place;
      const debt = this.owedAt(place, nowMs);
      if (debt < least) [smallest, least] = [place, debt];
    }
    return smallest;
  }

  /** A clock that steps back pays nothing. */
  private owedAt(place: number, nowMs: number): number {
    const sinceMs = Math.max(0, nowMs - (this.notedAtMs[place] as number));
    return Math.max(0, (this.owed[place] as number) - (sinceMs * this.allowance.perSecond) / 1_000);
  }
}

/** Independent of {@link mixedHash}, which tells the devices of a set apart: two that agree in both are one in 10^14. */
function setOf(key: string): number {
  let hash = 0x9e3779b9;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x5bd1e995) ^ (hash >>> 15);
  return (hash ^ (hash >>> 13)) >>> 0;
}
