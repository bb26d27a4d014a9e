import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';

export interface Persistence {
  /** For the log. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

const firstDelayMs = 500;
const longestDelayMs = 2_000;

/** Repeats until it succeeds, with growing delays, or until the signal. Never rejects: a gateway waits for its Kafka. */
export async function persist({ what, signal, logger }: Persistence, attempt: () => Promise<void>): Promise<void> {
  let failures = 0;
  for (let delayMs = firstDelayMs; !signal.aborted; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
    try {
      await attempt();
      if (failures > 0) logger.info({ what, failures }, 'start succeeded');
      return;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      logger.warn({ what, retryInMs: delayMs, error: describeError(error) }, 'start failed, it is tried again');
    }
    await delay(delayMs, undefined, { signal }).catch(() => undefined);
  }
}
