import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { RollUpHandler } from './roll-up.handler.js';

/** How often devices are looked for that a version without marks stored for. */
const unmarkedEveryMs = 600_000;

/** Rolls up at an interval; a failure is logged and tried again next time. */
export class RollUpJob implements OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopped = new AbortController();
  private unmarkedDueMs = 0;

  constructor(
    private readonly handler: RollUpHandler,
    private readonly intervalMs: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.running ??= this.once().finally(() => (this.running = undefined));
    }, this.intervalMs);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopped.abort();
    await this.running;
  }

  private async once(): Promise<void> {
    try {
      if (performance.now() >= this.unmarkedDueMs) {
        const more = await this.handler.markUnmarked();
        if (!more) this.unmarkedDueMs = performance.now() + unmarkedEveryMs;
      }
      await this.handler.run(this.stopped.signal);
    } catch (error) {
      this.logger.error({ error: describeError(error) }, 'rolling up failed');
    }
  }
}

/** Half of the time at most: as long as the work took. */
export async function restAsLong(workedMs: number): Promise<void> {
  await delay(workedMs, undefined, { ref: false });
}
