import { type Logger } from '@myelin/observability';
import { describeError } from '@myelin/kernel';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { KeepRetentionHandler } from './keep-retention.handler.js';

/** Once at start, before anything is consumed, then at an interval; a failure is logged and tried again next time. */
export class HousekeepingJob implements OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly handler: KeepRetentionHandler,
    private readonly intervalMs: number,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    await this.once();
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.once());
    }, this.intervalMs);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async once(): Promise<void> {
    try {
      const outcome = await this.handler.run();
      if (outcome !== undefined && outcome.dropped.length > 0) {
        this.logger.info({ dropped: outcome.dropped }, 'partitions past their retention dropped');
      }
    } catch (error) {
      this.logger.error({ error: describeError(error) }, 'housekeeping failed');
    }
  }
}
