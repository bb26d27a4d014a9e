import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@myelin/observability';

/** Nest's own lines go where ours go; its start-up chatter at debug. */
export function nestLogger(logger: Logger): LoggerService {
  const fieldsOf = (rest: readonly unknown[]): object => {
    const context = rest.at(-1);
    return typeof context === 'string' ? { context } : {};
  };
  return {
    log: (message: unknown, ...rest: unknown[]) => logger.debug(fieldsOf(rest), String(message)),
    debug: (message: unknown, ...rest: unknown[]) => logger.debug(fieldsOf(rest), String(message)),
    verbose: (message: unknown, ...rest: unknown[]) => logger.debug(fieldsOf(rest), String(message)),
    warn: (message: unknown, ...rest: unknown[]) => logger.warn(fieldsOf(rest), String(message)),
    error: (message: unknown, ...rest: unknown[]) => logger.error({ ...fieldsOf(rest), err: message }, String(message)),
    fatal: (message: unknown, ...rest: unknown[]) => logger.error({ ...fieldsOf(rest), err: message }, String(message)),
  };
}
