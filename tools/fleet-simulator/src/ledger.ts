import { DeviceLog, type ValuesOf } from './device-log.js';
import { type UnheardStretch, UnheardStretches } from './unheard-stretches.js';

/** A window of samples, or a position in degrees. */
type Structured = readonly number[] | { readonly lat: number; readonly lon: number };

export type Values = Readonly<Record<string, number | boolean | string | Structured>>;

/** A measurement as the simulator sent it. */
export interface SentMeasurement {
  readonly device: string;
  /** Device time, milliseconds since the epoch. */
  readonly ts: number;
  /** Empty, and `seq` -1, from a device that does not name its measurements. */
  readonly boot: string;
  readonly seq: number;
  readonly values: Values;
}

/** What was sent and what was acknowledged: the simulator's own log, against which the store is held. */
export class Ledger {
  readonly #logs = new Map<string, DeviceLog>();
  readonly #answers = new Map<string, number>();
  readonly #unheard = new UnheardStretches();
  #accepted = 0;
  #duplicatesSent = 0;
  #refused = 0;
  #unanswered = 0;

  /** Distinct measurements acknowledged at least once. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Acknowledgements beyond the first of the same measurement. */
  get duplicatesSent(): number {
    return this.#duplicatesSent;
  }

  /** Measurements in requests that were answered with 4xx. */
  get refused(): number {
    return this.#refused;
  }

  /** Requests whose outcome the device never learnt. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Requests by what became of them: the status, with the problem's type when there is one, or `broken`. */
  get answers(): ReadonlyMap<string, number> {
    return this.#answers;
  }

  get logs(): Iterable<DeviceLog> {
    return this.#logs.values();
  }

  /** When a device was without an acknowledgement while others had theirs; milliseconds since the epoch. */
  unheardStretchesOf(device: string): UnheardStretch[] {
    return this.#unheard.of(device);
  }

  /** The log of one run of a device; a device runs once. */
  open(device: string, boot: string, valuesOf: ValuesOf): DeviceLog {
    const log = new DeviceLog(device, boot, valuesOf);
    this.#logs.set(device, log);
    return log;
  }

  /** To be called before the request leaves: what is not here can not have been sent. */
  recordSent(log: DeviceLog, seq: number): void {
    log.countSent(seq, 1);
  }

  /** @returns whether it was the first time */
  recordAcknowledged(log: DeviceLog, seq: number): boolean {
    this.#unheard.acknowledged(log.device, performance.timeOrigin + performance.now());
    const isFirst = log.countAcknowledged(seq) === 1;
    if (isFirst) this.#accepted += 1;
    else this.#duplicatesSent += 1;
    return isFirst;
  }

  /** A refusal with a 4xx status is definite: nothing of this request was taken. */
  recordRefused(log: DeviceLog, seq: number): void {
    log.countSent(seq, -1);
    this.#refused += 1;
  }

  /** No answer, or a 5xx: whether it was taken is unknown until the store is read. */
  recordUnanswered(): void {
    this.#unanswered += 1;
  }

  recordAnswer(answer: string): void {
    this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1);
  }
}

/** Tells one measurement of a device from another. */
export function measurementKey(measurement: Pick<SentMeasurement, 'ts' | 'boot' | 'seq'>): string {
  return `${measurement.boot}:${measurement.seq}:${measurement.ts}`;
}
