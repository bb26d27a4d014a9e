import type { Scope } from '../rules/rule.js';
import { type ScopeFacts, isWithin } from './rule-book.js';

/** From when until when silence is expected, in milliseconds since the epoch. One that does not end after it begins is none. */
export interface Expectation {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface MaintenanceWindow extends Expectation {
  readonly scope: Scope;
}

/** The latest installation of firmware on a device. */
export interface Installation {
  readonly startedMs: number;
  /** By then the device should be back, whether or not the installation has ended. */
  readonly expectedUntilMs: number;
  /** Undefined while it lasts. */
  readonly endedMs?: number;
}

/** No rule waits longer for a device, unless by the report interval of its profile. */
const keptMs = 7 * 86_400_000;
const fewInstallations = 1_024;

/** When devices of one tenant may say nothing: while they are worked on, and while they install firmware. */
export class ExpectedSilence {
  private readonly windows = new Map<string, MaintenanceWindow>();
  private readonly installations = new Map<string, Expectation>();
  private latestStartMs = Number.NEGATIVE_INFINITY;
  private manyInstallations = fewInstallations;

  get size(): number {
    return this.windows.size + this.installations.size;
  }

  hasWindow(id: string): boolean {
    return this.windows.has(id);
  }

  /** @param to undefined = it is cancelled, or long over */
  setWindow(id: string, to: MaintenanceWindow | undefined): void {
    if (to === undefined) this.windows.delete(id);
    else this.windows.set(id, to);
  }

  setInstallation(device: string, to: Installation | undefined): void {
    if (to === undefined) {
      this.installations.delete(device);
      return;
    }
    const { startedMs: fromMs, expectedUntilMs, endedMs = Number.POSITIVE_INFINITY } = to;
    this.installations.set(device, { fromMs, untilMs: Math.min(expectedUntilMs, endedMs) });
    this.latestStartMs = Math.max(this.latestStartMs, fromMs);
    if (this.installations.size > this.manyInstallations) this.forgetInstallations();
  }

  /**
   * The latest moment at which silence of the device was expected, after `afterMs` and not after `nowMs`; `afterMs` if there is
   * none. Of expectations that overlap or touch it is the end of their union.
   */
  latestMs(device: ScopeFacts, afterMs: number, nowMs: number): number {
    let latestMs = Math.max(afterMs, reachedMs(this.installations.get(device.device), nowMs));
    for (const window of this.windows.values()) {
      const untilMs = reachedMs(window, nowMs);
      if (untilMs > latestMs && isWithin(window.scope, device)) latestMs = untilMs;
    }
    return latestMs;
  }

  /** Firmware is installed on every device some day: of most of them that was long ago. */
  private forgetInstallations(): void {
    for (const [device, { untilMs }] of this.installations)
      if (untilMs < this.latestStartMs - keptMs) this.installations.delete(device);
    this.manyInstallations = Math.max(fewInstallations, 2 * this.installations.size);
  }
}

/** How far it has got by now; never, if it has not begun. */
function reachedMs(expectation: Expectation | undefined, nowMs: number): number {
  if (expectation === undefined) return Number.NEGATIVE_INFINITY;
  const { fromMs, untilMs } = expectation;
  return fromMs <= nowMs && fromMs < untilMs ? Math.min(untilMs, nowMs) : Number.NEGATIVE_INFINITY;
}
