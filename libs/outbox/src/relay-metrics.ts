import { counter, metricAttributes, metrics, observe } from '@myelin/observability';

const publishedRecords = counter(metrics.outboxPublished);

/** What a relay has published and what waits for it, per schema. */
export class RelayMetrics {
  private readonly attributes: { readonly [metricAttributes.schema]: string };
  private stops: readonly (() => void)[] = [];

  constructor(
    schema: string,
    private readonly waiting: {
      /** @throws without a database; its own health check tells of that */
      readonly oldestAgeMs: () => Promise<number>;
      readonly depth: () => Promise<number>;
    },
  ) {
    this.attributes = { [metricAttributes.schema]: schema };
  }

  start(): void {
    const { oldestAgeMs, depth } = this.waiting;
    this.stops = [
      observe(metrics.outboxOldestAge, async (tell) => tell((await oldestAgeMs()) / 1_000, this.attributes)),
      observe(metrics.outboxDepth, async (tell) => tell(await depth(), this.attributes)),
    ];
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  published(records: number): void {
    publishedRecords.add(records, this.attributes);
  }
}
