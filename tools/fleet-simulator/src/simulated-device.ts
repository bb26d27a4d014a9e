import { setTimeout as delay } from 'node:timers/promises';
import { uuidv7 } from '@myelin/kernel';
import { type FaultShares, type MessagePlan, planMessage } from './fault-plan.js';
import type { DeviceAccount, GatewayClient } from './gateway-client.js';
import type { Ledger, SentMeasurement } from './ledger.js';
import type { Random } from './random.js';
import type { Series } from './series.js';

export interface DeviceSettings {
  readonly account: DeviceAccount;
  readonly series: Series;
  readonly intervalMs: number;
  readonly faults: FaultShares;
  /** After an outage, up to this many queued measurements leave in one request. */
  readonly maxBatch: number;
}

/** Called once per first acknowledgement of a measurement, with the times of its first sending and of the answer. */
export type AcceptedListener = (measurement: SentMeasurement, sentAtMs: number) => void;

interface QueuedMessage {
  readonly measurement: SentMeasurement;
  readonly plan: MessagePlan;
}

/** One device: measures, queues, sends, and sends again until it has seen an acknowledgement. */
export class SimulatedDevice {
  readonly #boot = uuidv7().slice(-12);
  readonly #skewMs: number;
  readonly #queue: QueuedMessage[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #position: number;
  #seq = 0;
  #held = 0;
  #sending: Promise<void> | undefined;
  #stopped = false;
  #giveUp = new AbortController();

  constructor(
    private readonly settings: DeviceSettings,
    private readonly client: GatewayClient,
    private readonly ledger: Ledger,
    private readonly random: Random,
    private readonly onAccepted: AcceptedListener,
  ) {
    this.#skewMs = Math.round(random.between(-1, 1) * settings.faults.clockSkewMs);
    this.#position = Math.floor(random.between(0, settings.series.values.length));
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
    this.#stopped = true;
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
    if (this.#stopped) return;
    const { series, account, faults, intervalMs } = this.settings;
    const value = series.values[this.#position++ % series.values.length] ?? 0;
    const measurement: SentMeasurement = {
      device: account.device,
      ts: Date.now() + this.#skewMs,
      boot: this.#boot,
      seq: this.#seq++,
      values: { [series.metric]: value, battery: Math.round(80 + 20 * Math.sin(this.#seq / 500)), online: true },
    };
    const message = { measurement, plan: planMessage(faults, intervalMs, this.random) };
    if (message.plan.holdMs === 0) return this.#enqueue(message);
    this.#held += 1;
    this.#after(message.plan.holdMs, () => {
      this.#held -= 1;
      this.#enqueue(message);
    });
  }

  #enqueue(message: QueuedMessage): void {
    this.#queue.push(message);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0 && !this.#giveUp.signal.aborted) {
      const messages = this.#queue.slice(0, this.settings.maxBatch);
      await this.#sendUntilAnswered(messages);
      this.#queue.splice(0, messages.length);
    }
  }

  async #sendUntilAnswered(messages: readonly QueuedMessage[]): Promise<void> {
    const firstSentMs = Date.now();
    let repeats = messages.some(({ plan }) => plan.loseAcknowledgement || plan.duplicate) ? 1 : 0;
    for (let attempt = 0; !this.#giveUp.signal.aborted; attempt += 1) {
      const entries = messages.map(({ measurement }) => this.ledger.recordSent(measurement));
      const outcome = await this.client.send(
        this.settings.account,
        messages.map(({ measurement }) => measurement),
      );
      if (outcome.kind === 'accepted') {
        for (const entry of entries) {
          this.ledger.recordAcknowledged(entry);
          if (entry.acknowledged === 1) this.onAccepted(entry.measurement, firstSentMs);
        }
        if (repeats-- <= 0) return;
        continue;
      }
      if (outcome.kind === 'refused') {
        for (const entry of entries) this.ledger.recordRefused(entry);
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
  }

  #after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }
}
