import { MessagingError } from '../messaging.errors.js';
import type { TransportStatus } from './transport-status.js';

/** As a service's health check wants it. */
export interface ConsumptionHealth {
  readonly name: 'consumption';
  readonly critical: false;
  /** @throws MessagingError messaging.not-consuming, messaging.partition-stuck */
  readonly check: () => Promise<void>;
}

/** Whether all groups of a transport consume. Not critical: what else a service does goes on while Kafka is away. */
export function consumptionHealth(transport: { describe(): TransportStatus }): ConsumptionHealth {
  return {
    name: 'consumption',
    critical: false,
    check: async () => {
      for (const group of transport.describe().groups) {
        if (group.state !== 'member') {
          const why = group.lastError === undefined ? '' : `: ${group.lastError}`;
          throw MessagingError.retryable('messaging.not-consuming', `${group.group} is ${group.state}${why}`);
        }
        const stuck = group.partitions.find(({ state }) => state === 'halted' || state === 'retrying');
        if (stuck !== undefined) {
          const why = stuck.lastError?.code ?? 'unknown';
          const message = `partition ${stuck.partition} of ${group.group} is ${stuck.state}: ${why}`;
          throw MessagingError.retryable('messaging.partition-stuck', message);
        }
      }
      return Promise.resolve();
    },
  };
}
