import type { Clock } from '@myelin/kernel';
import { type Logger, silentLogger } from '@myelin/observability';
import { inTransaction, translateDatabaseError } from '@myelin/persistence';
import type { DataSource, EntityManager } from 'typeorm';
import { noteAftermath } from './after-commit.js';

/** What every use case works with. */
export class Firmware {
  constructor(
    private readonly dataSource: DataSource,
    readonly clock: Clock,
    private readonly logger: Logger = silentLogger,
  ) {}

  /** Reading, outside of any transaction. @throws PersistenceError */
  async read<T>(work: (db: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await work(this.dataSource.manager);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  /** State and events of one change: all or nothing. Runs again after a deadlock. @throws PersistenceError */
  async change<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    let aftermath: ReturnType<typeof noteAftermath> = [];
    const result = await inTransaction(this.dataSource, (tx) => {
      aftermath = noteAftermath(tx);
      return work(tx);
    });
    for (const tell of aftermath) tell(this.logger);
    return result;
  }
}
