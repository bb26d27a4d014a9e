import { RareNotes } from '@myelin/observability';
import type { BrokerFault } from '../client/port.js';
import type { MessagingLogger } from '../settings.js';

/** Warns of publishing that fails: while brokers come back, partitions fail and succeed in turn many times a second. */
export class FailureNotes {
  private readonly notes = new RareNotes();

  constructor(private readonly logger: MessagingLogger) {}

  failed({ reason, kind }: Pick<BrokerFault, 'reason' | 'kind'>, nowMs?: number): void {
    const due = this.notes.due('publishing', nowMs);
    if (due !== undefined) this.logger.warn({ reason, kind, ...due }, 'publishing fails, is tried again');
  }
}
