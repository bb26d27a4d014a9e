import { setTimeout as delay } from 'node:timers/promises';
import { uuidv7 } from '@myelin/kernel';
import { type FaultShares, type MessagePlan, planMessage } from './fault-plan.js';
import type { DeviceLog } from './device-log.js';
import { namesMeasurements } from './encoding.js';
import type { DeviceAccount, GatewayClient } from './gateway-client.js';
import type { DeviceIncidents } from './incidents/device-incidents.js';
import type { Ledger, Values } from './ledger.js';
import type { Random } from './random.js';
import type { Series } from './series.js';

export interface DeviceSettings {
  readonly account: DeviceAccount;
  readonly series: Series;
  readonly intervalMs: number;
  /** By how much its clock is set back, beside the errors of all clocks. */
  readonly behindMs?: number;
  /** Measurements per report, spread evenly over the interval before it. */
  readonly reportSize: number;
  readonly faults: FaultShares;
  /** After an outage, up to this many queued measurements leave in one request; a single report always does. */
  readonly maxBatch: number;
  /** What happens to it; nothing by default. */
  readonly incidents?: DeviceIncidents | undefined;
}

/** Called once per first acknowledgement of a measurement, with the time of its first sending. */
export type AcceptedListener = (log: DeviceLog, seq: number, sentAtMs: number) => void;

interface QueuedReport {
  readonly seqs: readonly number[];
  readonly plan: MessagePlan;
}

/** One device: measures, queues, sends, and sends again until it has seen an acknowledgement. */
export class SimulatedDevice {
  readonly #log: DeviceLog;
  readonly #skewMs: number;
  readonly #queue: QueuedReport[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #held = 0;
  #sending: Promise<void> | undefined;
  readonly #stopped = new AbortController();
  readonly #giveUp = new AbortController();

  constructor(
    private readonly settings: DeviceSettings,
    private readonly client: GatewayClient,
    private readonly ledger: Ledger,
    private readonly random: Random,
    private readonly onAccepted: AcceptedListener,
  ) {
    const { account, faults, series, incidents } = settings;
    this.#skewMs = Math.round(random.between(-1, 1) * faults.clockSkewMs) - (settings.behindMs ?? 0);
    const start = Math.floor(random.between(0, series.values.length));
    const boot = namesMeasurements(account.encoding) ? uuidv7().slice(-12) : '';
    const usual = (seq: number): Values => ({
      ...valuesAt(series, start, seq),
      ...(boot !== '' && seq % structuredEvery === 0 && structuredAt(seq)),
    });
    const measured = (seq: number, ts: number): Values => incidents?.alter(usual(seq), ts - this.#skewMs) ?? usual(seq);
    this.#log = ledger.open(account.device, boot, measured);
  }

  /** What its clock is ahead by, in milliseconds. */
  get clockErrorMs(): number {
    return this.#skewMs;
  }

  start(): void {
    const firstMs = this.random.between(0, this.settings.intervalMs);
    this.#after(firstMs, () => {
      this.#measure();
      const timer = setInterval(() => this.#measure(), this.settings.intervalMs);
      this.#timers.add(timer);
    });
  }

  /** Measures no more; what is queued or held still leaves. */
  async drain(deadlineMs: number): Promise<boolean> {
    this.#stopped.abort();
    const end = Date.now() + deadlineMs;
    while (Date.now() < end) {
      if (this.#held === 0 && this.#queue.length === 0 && this.#sending === undefined) break;
      await delay(20);
    }
    this.#giveUp.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#sending;
    return this.#held === 0 && this.#queue.length === 0;
  }

  #measure(): void {
    if (this.#stopped.signal.aborted || this.#silentForMs() > 0) return;
    const { reportSize, faults, intervalMs, incidents } = this.settings;
    const nowMs = Date.now() + this.#skewMs;
    const seqs = Array.from({ length: reportSize }, (_, i) =>
      this.#log.add(nowMs - Math.round(((reportSize - 1 - i) * intervalMs) / reportSize)),
    );
    incidents?.report(seqs.map((seq) => this.#log.ts(seq) - this.#skewMs));
    const report = { seqs, plan: planMessage(faults, intervalMs, this.random) };
    if (report.plan.holdMs === 0) return this.#enqueue(report);
    this.#held += 1;
    this.#after(report.plan.holdMs, () => {
      this.#held -= 1;
      this.#enqueue(report);
    });
  }

  #enqueue(report: QueuedReport): void {
    this.#queue.push(report);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0 && !this.#giveUp.signal.aborted) {
      await this.#untilHeard();
      const reportsAtOnce = Math.max(1, Math.floor(this.settings.maxBatch / this.settings.reportSize));
      const reports = this.#queue.slice(0, reportsAtOnce);
      await this.#sendUntilAnswered(reports);
      this.#queue.splice(0, reports.length);
    }
  }

  async #sendUntilAnswered(reports: readonly QueuedReport[]): Promise<void> {
    const firstSentMs = Date.now();
    const seqs = reports.flatMap((report) => report.seqs);
    const measurements = seqs.map((seq) => this.#log.measurement(seq));
    let repeats = reports.some(({ plan }) => plan.loseAcknowledgement || plan.duplicate) ? 1 : 0;
    for (let attempt = 0; !this.#giveUp.signal.aborted; attempt += 1) {
      for (const seq of seqs) this.ledger.recordSent(this.#log, seq);
      const outcome = await this.client.send(this.settings.account, measurements);
      this.ledger.recordAnswer(outcome.answer);
      if (outcome.kind === 'accepted') {
        for (const seq of seqs) {
          if (this.ledger.recordAcknowledged(this.#log, seq)) this.onAccepted(this.#log, seq, firstSentMs);
        }
        if (repeats-- <= 0) return;
        continue;
      }
      if (outcome.kind === 'refused') {
        for (const seq of seqs) this.ledger.recordRefused(this.#log, seq);
        if (outcome.retryAfterMs === undefined) return;
      } else {
        this.ledger.recordUnanswered();
      }
      await this.#backOff(attempt, outcome.retryAfterMs);
    }
  }

  /** Full jitter between nothing and a doubling bound, at least what the server asked for. */
  async #backOff(attempt: number, retryAfterMs: number | undefined): Promise<void> {
    const boundMs = Math.min(10_000, 200 * 2 ** Math.min(attempt, 6));
    const waitMs = (retryAfterMs ?? 0) + this.random.between(0, boundMs);
    await delay(waitMs, undefined, { signal: this.#giveUp.signal }).catch(() => undefined);
    await this.#untilHeard();
  }

  /** What a silent device has waits until it is heard again, or measures no more. */
  async #untilHeard(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted && this.#silentForMs() > 0) {
      await delay(this.#silentForMs(), undefined, { signal }).catch(() => undefined);
    }
  }

  #silentForMs(): number {
    return this.settings.incidents?.silentForMs(Date.now()) ?? 0;
  }

  #after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }
}

function valuesAt({ metric, values }: Series, start: number, seq: number): Values {
  return {
    [metric]: values[(start + seq) % values.length] ?? 0,
    battery: Math.round(80 + 20 * Math.sin(seq / 500)),
    online: true,
  };
}

/** One measurement in so many holds a window and a position too, where the encoding has a form for them. */
const structuredEvery = 20;
const windowSamples = 64;

export function structuredAt(seq: number): Values {
  const angle = seq / 1_000;
  // JSON has no negative zero, so a device cannot send one: adding 0 takes its sign.
  const sample = (nth: number): number => Math.round(1_000 * Math.sin(seq + nth / 5)) / 1_000 + 0;
  return {
    waveform: Array.from({ length: windowSamples }, (_, nth) => sample(nth)),
    place: { lat: 52.5 + Math.sin(angle) / 100, lon: 13.4 + Math.cos(angle) / 100 },
  };
}
