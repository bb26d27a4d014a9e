import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet, RolloutStanding } from '@myelin/fleet-simulator';
import { createKafkaAdmin, type KafkaAdmin } from '@myelin/messaging';

const group = 'telemetry.store-measurements';
/** The line goes on while Kafka or the database does not answer; it says so then. */
const patienceMs = 1_500;

/** A line per second: accepted, stored and refused per second, how far storing is behind, active alarms, and how a rollout stands. */
export class LiveLine {
  readonly #admin: KafkaAdmin;
  #timer: NodeJS.Timeout | undefined;
  #busy: Promise<void> | undefined;
  /** One question at a time: Kafka may be away for long. */
  #lagging: Promise<number> | undefined;
  #last = { atMs: Date.now(), accepted: 0, stored: 0, refused: 0 };

  constructor(
    private readonly fleet: Fleet,
    brokers: readonly string[],
  ) {
    this.#admin = createKafkaAdmin({ brokers, clientId: 'main-job' });
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#busy ??= this.#print().finally(() => {
        this.#busy = undefined;
      });
    }, 1_000);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#busy;
    if (process.stderr.isTTY) process.stderr.write('\n');
    await this.#admin.close();
  }

  async #print(): Promise<void> {
    const { ledger } = this.fleet;
    const statistics = this.fleet.statistics().then(({ stored }) => stored);
    const [stored, lag, alarms, rollout] = await Promise.all([
      inTime(statistics),
      inTime((this.#lagging ??= this.#lag())),
      inTime(this.fleet.activeAlarms()),
      this.fleet.rollout === undefined ? '' : inTime(this.fleet.rolloutStanding()).then(rolloutPart),
    ]);
    const now = {
      atMs: Date.now(),
      accepted: ledger.accepted,
      stored: stored ?? this.#last.stored,
      refused: ledger.refused,
    };
    const seconds = (now.atMs - this.#last.atMs) / 1_000;
    const rate = (value: 'accepted' | 'stored' | 'refused'): string =>
      ((now[value] - this.#last[value]) / seconds).toFixed(0).padStart(6);
    const line =
      `accepted/s ${rate('accepted')}  stored/s ${stored === undefined ? '  away' : rate('stored')}  ` +
      `refused/s ${rate('refused')}  lag ${lag ?? 'unknown'}  ` +
      `alarms ${alarms ?? 'unknown'}  ${rollout}total ${now.accepted}`;
    this.#last = now;
    process.stderr.write(process.stderr.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
  }

  /** Records of the telemetry topic, ticks included, that are not stored yet. */
  async #lag(): Promise<number> {
    try {
      const partitions = await this.#admin.lag(group);
      return partitions.reduce((sum, { lag }) => sum + Number(lag), 0);
    } finally {
      this.#lagging = undefined;
    }
  }
}

/** `wave 2/3 updated 41 failed 1`, with its state once it does not just go on. */
export function rolloutPart(standing: RolloutStanding | undefined): string {
  if (standing === undefined) return 'rollout unknown  ';
  const { state, wave, waves, updated, failed } = standing;
  return `${state === 'running' ? '' : `rollout ${state} `}wave ${wave}/${waves} updated ${updated} failed ${failed}  `;
}

/** Undefined when it fails or takes too long. */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  const enough = new AbortController();
  const late = delay(patienceMs, undefined, { signal: enough.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    enough.abort();
    work.catch(() => undefined);
  }
}
