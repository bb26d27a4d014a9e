import type { Clock } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';
import { inTransaction, translateDatabaseError } from '@myelin/persistence';
import type { DataSource, EntityManager } from 'typeorm';

/** What every use case works with. */
export class Registry {
  constructor(
    private readonly dataSource: DataSource,
    readonly clock: Clock,
    readonly logger: Logger,
  ) {}

  /** Reading, outside of any transaction. */
  async read<T>(work: (db: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await work(this.dataSource.manager);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  /** State, audit entry and events of one change: all or nothing. Runs again after a deadlock. */
  change<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.dataSource, work);
  }

  now(): Date {
    return new Date(this.clock.nowMs());
  }
}
