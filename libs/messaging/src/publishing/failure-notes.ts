import type { BrokerFault } from '../client/port.js';
import type { MessagingLogger } from '../settings.js';

const quietMs = 10_000;

/**
 * Warns of publishing that fails. While brokers come back, partitions fail and succeed in turn many times a second: the
 * first failure of ten seconds is told, with how many went untold before.
 */
export class FailureNotes {
  private quietUntilMs = 0;
  private untold = 0;

  constructor(private readonly logger: MessagingLogger) {}

  failed({ reason, kind }: Pick<BrokerFault, 'reason' | 'kind'>, nowMs = Date.now()): void {
    if (nowMs < this.quietUntilMs) {
      this.untold += 1;
      return;
    }
    this.logger.warn(
      { reason, kind, ...(this.untold > 0 && { untold: this.untold }) },
      'publishing fails, is tried again',
    );
    this.quietUntilMs = nowMs + quietMs;
    this.untold = 0;
  }
}
