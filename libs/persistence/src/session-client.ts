import { Client, type ClientConfig } from 'pg';

/**
 * A client that gives its connection up when a statement gets no answer in time. The driver alone would only fail the
 * statement and hand the silent connection to the next user, until TCP gives up after a quarter of an hour.
 */
export class SessionClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    const send = this.query.bind(this) as (...args: unknown[]) => unknown;
    this.query = ((...args: unknown[]): unknown => {
      const answer = send(...args);
      return isPromise(answer) ? answer.catch((error: unknown) => this.fail(error)) : answer;
    }) as typeof this.query;
  }

  /** At once and without a farewell; whoever waits on it gets an error. */
  destroy(): void {
    const { stream } = (this as unknown as { connection: { stream: { destroy(): void } } }).connection;
    stream.destroy();
  }

  /** Only when the pool knows that this connection is gone may the caller ask it for another. */
  private async fail(error: unknown): Promise<never> {
    if ((error as Error | undefined)?.message === 'Query read timeout') {
      const ended = new Promise<void>((resolve) => {
        this.once('end', resolve);
      });
      this.destroy();
      await ended;
    }
    throw error;
  }
}

function isPromise(answer: unknown): answer is Promise<unknown> {
  return typeof (answer as { then?: unknown } | undefined)?.then === 'function';
}
