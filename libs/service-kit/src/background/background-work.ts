import { describeError } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';

/** One step of something that goes on; true = there is more to do at once. */
export type Step = () => Promise<boolean>;

/**
 * Runs a step again and again: at once while it has more to do, else after `pauseMs`. A failure is logged and tried
 * again after the pause. One step at a time.
 */
export class BackgroundWork {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly name: string,
    private readonly step: Step,
    private readonly pauseMs: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setTimeout(() => this.run(), this.pauseMs);
    this.timer.unref();
  }

  /** Ends after the step under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private run(): void {
    this.running = this.work().then(() => {
      if (!this.stopped) this.start();
    });
  }

  private async work(): Promise<void> {
    try {
      while (!this.stopped && (await this.step()));
    } catch (error) {
      this.logger.warn({ work: this.name, error: describeError(error) }, 'background work failed, trying again later');
    }
  }
}
