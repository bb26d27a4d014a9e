import type { CancelCause, EndOfDevice, SkipReason } from '../assignments/assignment.js';
import type { DeviceReportKind } from '../assignments/device-report.js';

/** What can happen to a device in a rollout, as the model of tests tells it. */
export type Happening =
  /** @property asks the device has to agree first */
  | { readonly what: 'offer'; readonly action: number; readonly asks: boolean; readonly atMs: number }
  | { readonly what: 'agree'; readonly atMs: number }
  | {
      readonly what: 'report';
      readonly kind: DeviceReportKind;
      readonly about: 'deployment' | 'cancel';
      readonly atMs: number;
    }
  | { readonly what: 'cancel'; readonly cause: CancelCause; readonly atMs: number }
  /** Somebody looks at the clock. */
  | { readonly what: 'clock'; readonly atMs: number }
  | { readonly what: 'end'; readonly reason: EndOfDevice; readonly atMs: number }
  | { readonly what: 'skip'; readonly reason: SkipReason; readonly atMs: number };

/** What there is to see of a story, found by reading it from its beginning. */
export interface Reading {
  readonly state: string;
  readonly reason: string;
  readonly action: number | undefined;
  readonly dueMs: number;
  /** How far the device is known to have got: 2 = it has read the instruction, from 3 on it works on it. */
  readonly level: number;
}

const levels = ['planned', 'offered', 'retrieved', 'downloading', 'downloaded', 'installing'];
const levelOf: Partial<Record<DeviceReportKind, number>> = {
  ...{ retrieved: 2, warned: 2, downloading: 3, downloaded: 4, proceeding: 5 },
};

/** One attempt, as far as it has been read. */
class Reader {
  private level = 0;
  private action: number | undefined;
  private asked: string | undefined;
  private hasRefused = false;
  private isAsked = false;
  private dueMs = Infinity;
  end: readonly [state: string, reason: string] | undefined;

  constructor(private readonly timeoutMs: number) {}

  take(each: Happening): void {
    const isKnown = this.level > 0;
    if (each.what === 'end') this.end = [isKnown ? 'cancelled' : 'skipped', each.reason];
    else if (!isKnown) this.begin(each);
    else if (this.isAsked) this.hearAnswer(each);
    else if (each.what === 'cancel') this.ask(each.cause, each.atMs);
    else if (each.what === 'clock' && each.atMs >= this.dueMs) this.runOut(each.atMs);
    else if (each.what === 'report' && (each.about === 'deployment' || this.asked !== undefined)) {
      this.hear(each.kind, each.atMs);
    }
  }

  private begin(each: Happening): void {
    if (each.what === 'skip') this.end = ['skipped', each.reason];
    else if (each.what === 'cancel') this.end = ['cancelled', each.cause];
    else if (each.what === 'offer') {
      this.level = 1;
      this.action = each.action;
      this.isAsked = each.asks;
      this.dueMs = each.atMs + this.timeoutMs;
    }
  }

  private hearAnswer(each: Happening): void {
    if (each.what === 'cancel') this.end = ['cancelled', each.cause];
    else if (each.what === 'clock' && each.atMs >= this.dueMs) this.end = ['cancelled', 'not-confirmed'];
    else if (each.what === 'agree') [this.isAsked, this.dueMs] = [false, each.atMs + this.timeoutMs];
  }

  reading(): Reading {
    const { action, dueMs, asked } = this;
    const atWork = [
      this.isAsked ? 'unconfirmed' : (levels[this.level] as string),
      this.hasRefused ? 'refused-to-stop' : '',
    ] as const;
    const [state, reason] = this.end ?? (asked === undefined ? atWork : (['cancelling', asked] as const));
    return { state, reason, action, dueMs, level: this.level };
  }

  private ask(cause: string, atMs: number): void {
    if (this.asked !== undefined) return;
    this.asked = cause;
    this.dueMs = atMs + this.timeoutMs;
  }

  private runOut(atMs: number): void {
    if (this.asked === undefined && !this.hasRefused) this.ask('timed-out', atMs);
    else if (this.asked === undefined || this.asked === 'timed-out') this.end = ['failed', 'timed-out'];
    else this.end = ['cancelled', this.asked];
  }

  private hear(kind: DeviceReportKind, atMs: number): void {
    const level = levelOf[kind] ?? 0;
    if (kind === 'succeeded') this.end = ['succeeded', ''];
    else if (kind === 'failed') this.end = ['failed', 'reported'];
    else if (kind === 'cancelled')
      this.end = this.asked === 'timed-out' ? ['failed', 'timed-out'] : ['cancelled', this.asked ?? 'device'];
    else if (kind === 'cancel-refused') {
      if (this.asked === undefined) return;
      this.asked = undefined;
      this.hasRefused = true;
      this.dueMs = atMs + this.timeoutMs;
    } else if (level > this.level) {
      this.level = level;
      if (this.asked === undefined) this.dueMs = atMs + this.timeoutMs;
    }
  }
}

/** Reads all that happened to an attempt, up to its end: what comes after that changes nothing. */
export function readStory(happened: readonly Happening[], timeoutMs: number): Reading {
  const reader = new Reader(timeoutMs);
  for (const each of happened) if (reader.end === undefined) reader.take(each);
  return reader.reading();
}

const ended = ['succeeded', 'failed', 'cancelled', 'skipped'];

export function isOpen({ state }: Reading): boolean {
  return !ended.includes(state);
}

export function isAtWork(reading: Reading): boolean {
  return isOpen(reading) && reading.state !== 'planned';
}

export function isUnsuccessful({ state, reason }: Reading): boolean {
  const both = `${state} ${reason}`;
  return state === 'failed' || both === 'cancelled device' || both === 'cancelling timed-out';
}
