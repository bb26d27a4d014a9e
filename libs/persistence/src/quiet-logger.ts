import type { Logger } from 'typeorm';

/** TypeORM would write statements with their parameters, and some notes even when logging is off, to the console. */
export const quietLogger: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};
