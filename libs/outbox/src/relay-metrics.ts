import { meter } from '@myelin/observability';

/** `myelin.outbox.oldest_age` (s) and `myelin.outbox.published`, per schema. */
export class RelayMetrics {
  private readonly attributes: { readonly schema: string };
  private readonly counter = meter('@myelin/outbox').createCounter('myelin.outbox.published', { unit: '{record}' });
  private readonly gauge = meter('@myelin/outbox').createObservableGauge('myelin.outbox.oldest_age', { unit: 's' });
  private readonly observe: Parameters<RelayMetrics['gauge']['addCallback']>[0];

  constructor(schema: string, oldestAgeMs: () => Promise<number>) {
    this.attributes = { schema };
    this.observe = async (result) => {
      // Without the database there is no figure; its own health check tells of that.
      const ageMs = await oldestAgeMs().catch(() => undefined);
      if (ageMs !== undefined) result.observe(ageMs / 1000, this.attributes);
    };
  }

  start(): void {
    this.gauge.addCallback(this.observe);
  }

  stop(): void {
    this.gauge.removeCallback(this.observe);
  }

  published(records: number): void {
    this.counter.add(records, this.attributes);
  }
}
