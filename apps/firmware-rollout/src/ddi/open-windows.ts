import { isTimeZone } from '@myelin/kernel';
import { type WeeklyWindow, isInWindow, opensInMs } from '../domain/rollouts/weekly-windows.js';

/** When a device may be told to update, by the clocks where it is. */
export interface PlacedWindows {
  readonly weekly: readonly WeeklyWindow[];
  /** IANA name. */
  readonly timeZone: string;
}

const minuteMs = 60_000;

/** Windows that many devices share, and that each of them is told by at every poll: clocks are read once a minute. */
export class OpenWindows {
  readonly #weekly: readonly WeeklyWindow[];
  readonly #timeZone: string;
  #minute = Number.NaN;
  #isOpen = false;

  /** A zone that this process does not know counts as UTC: devices are answered, whatever was stored. */
  constructor({ weekly, timeZone }: PlacedWindows) {
    this.#weekly = weekly;
    this.#timeZone = isTimeZone(timeZone) ? timeZone : 'UTC';
  }

  isOpenAt(nowMs: number): boolean {
    const minute = Math.floor(nowMs / minuteMs);
    if (minute === this.#minute) return this.#isOpen;
    this.#isOpen = isInWindow(this.#weekly, this.#timeZone, nowMs);
    this.#minute = minute;
    return this.#isOpen;
  }

  /** How long a closed one stays so, in milliseconds; where clocks are changed meanwhile, up to that more or less. */
  opensInMs(nowMs: number): number {
    return opensInMs(this.#weekly, this.#timeZone, nowMs);
  }
}
