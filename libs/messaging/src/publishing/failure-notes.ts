import { RareNotes } from '@myelin/observability';
import type { BrokerFault } from '../client/port.js';
import type { MessagingLogger } from '../settings.js';

/**
 * Tells once that publishing fails, and once that it goes on again. While brokers come back, partitions fail and succeed in turn
 * many times a second: what fails anew within ten seconds is told if it has not succeeded by then.
 */
export class FailureNotes {
  private readonly notes = new RareNotes();
  private failures = 0;
  private told = false;

  constructor(private readonly logger: MessagingLogger) {}

  /** To be called for every failure. */
  failed({ reason, kind }: Pick<BrokerFault, 'reason' | 'kind'>, nowMs?: number): void {
    this.failures += 1;
    if (this.told) return;
    const due = this.notes.due('publishing', nowMs);
    if (due === undefined) return;
    this.told = true;
    this.logger.warn({ reason, kind, ...due }, 'publishing fails, is tried again');
  }

  /** To be called for what was acknowledged. */
  succeeded(): void {
    if (this.failures === 0) return;
    if (this.told) this.logger.info({ failures: this.failures }, 'publishing succeeds again');
    this.failures = 0;
    this.told = false;
  }
}
