import type { Clock } from '@myelin/kernel';
import { inTransaction, translateDatabaseError } from '@myelin/persistence';
import type { DataSource, EntityManager } from 'typeorm';

/** What every use case works with. */
export class Firmware {
  constructor(
    private readonly dataSource: DataSource,
    readonly clock: Clock,
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
  change<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.dataSource, work);
  }
}
