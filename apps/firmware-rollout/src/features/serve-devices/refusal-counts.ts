import { metricAttributes, metrics, observe } from '@myelin/observability';
import type { RefusalReason } from '../../ddi/ddi-refusal.js';

/** Why devices were refused: plain numbers, read when metrics are collected. */
export class RefusalCounts {
  readonly #byReason = new Map<RefusalReason, number>();

  constructor() {
    observe(metrics.deviceRequestsRefused, (tell) => {
      for (const [reason, count] of this.#byReason) tell(count, { [metricAttributes.reason]: reason });
    });
  }

  count(reason: RefusalReason): void {
    this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + 1);
  }
}
