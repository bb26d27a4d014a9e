import process from 'node:process';
import type { Logger } from '@myelin/observability';

/**
 * SIGTERM and SIGINT close the service and end the process with the code that closing gives; further signals change
 * nothing, the deadline of the stop holds. An error that nobody caught ends the process at once with code 1.
 */
export function endOnSignals(close: () => Promise<number>, logger: Logger): void {
  let ending = false;
  const end = (signal: string): void => {
    if (ending) return;
    ending = true;
    logger.info({ signal }, 'stopping');
    void close().then((code) => {
      logger.info({ code }, 'stopped');
      process.exit(code);
    });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('uncaughtException', (error) => {
    logger.error({ err: error }, 'an error that nobody caught');
    process.exit(1);
  });
}
