import { CodedError, describeError, isRetryable } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';

/** One step of something that goes on; true = there is more to do at once. `stopping` aborts when it shall end early. */
export type Step = (stopping: AbortSignal) => Promise<boolean>;

/**
 * Runs a step again and again: at once while it has more to do, else after `pauseMs`. A failure is tried again after the
 * pause. One step at a time. The log tells of a failure once, of another one in its place, and when the work goes on again.
 */
export class BackgroundWork {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private failing: { readonly reason: string; failures: number } | undefined;

  constructor(
    private readonly name: string,
    private readonly step: Step,
    private readonly pauseMs: number,
    private readonly logger: Logger,
  ) {}

  /** The first step comes after the pause. */
  start(): void {
    this.timer = setTimeout(() => this.run(), this.pauseMs);
    this.timer.unref();
  }

  /** As {@link start}, after a first step that has ended when this resolves, well or not. */
  async startNow(): Promise<void> {
    await this.work();
    this.start();
  }

  /** Ends after the step under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  private run(): void {
    this.running = this.work().then(() => {
      if (!this.stopping.signal.aborted) this.start();
    });
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    try {
      while (!signal.aborted && (await this.step(signal)));
      this.succeeded();
    } catch (error) {
      this.failed(error);
    }
  }

  private succeeded(): void {
    if (this.failing === undefined) return;
    this.logger.info({ work: this.name, failures: this.failing.failures }, 'background work goes on again');
    this.failing = undefined;
  }

  private failed(error: unknown): void {
    const reason = error instanceof CodedError ? String(error.code) : describeError(error);
    const failures = (this.failing?.failures ?? 0) + 1;
    const isTold = this.failing?.reason === reason;
    this.failing = { reason, failures };
    if (isTold) return;
    const fields = { work: this.name, error: describeError(error) };
    if (isRetryable(error)) this.logger.warn(fields, 'background work failed, trying again later');
    else this.logger.error(fields, 'background work failed, trying again later');
  }
}
