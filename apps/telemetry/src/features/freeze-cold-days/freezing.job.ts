import { describeError } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { FreezeColdDaysHandler } from './freeze-cold-days.handler.js';

/** At an interval, never at start; a failure is logged and tried again next time. A stop waits for the slice that is worked on. */
export class FreezingJob implements OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly handler: FreezeColdDaysHandler,
    private readonly intervalMs: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.once());
    }, this.intervalMs);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }

  private async once(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    try {
      const outcome = await this.handler.run(this.stopping.signal);
      if (outcome !== undefined && (outcome.frozen > 0 || outcome.dropped.length > 0)) {
        this.logger.info({ frozen: outcome.frozen, dropped: outcome.dropped }, 'cold measurements compressed');
      }
    } catch (error) {
      this.logger.error({ error: describeError(error) }, 'compressing cold measurements failed');
    }
  }
}
