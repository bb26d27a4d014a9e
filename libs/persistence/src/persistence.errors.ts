import { CodedError } from '@myelin/kernel';

export type PersistenceErrorCode =
  /** Retryable: no connection, or the connection broke. After a broken COMMIT the work may have been done. */
  | 'database.unavailable'
  /** Retryable: serialization failure or deadlock, also after the bounded retries of `inTransaction`. */
  | 'database.conflict'
  /** Retryable: statement, lock or wait time-out. */
  | 'database.timeout'
  /** Permanent: a unique or exclusion constraint; `details.constraint` names it. */
  | 'database.unique-violation'
  /** Permanent: a foreign key, check or not-null constraint; `details.constraint` or `details.column` names it. */
  | 'database.constraint-violation'
  /** Permanent: the role may not do this. */
  | 'database.forbidden'
  /** Permanent: a migration failed; the schema is as it was before that migration. */
  | 'database.migration-failed'
  /** Retryable: migrations that the code knows are not applied yet. */
  | 'database.schema-behind'
  /** Permanent: names or settings that cannot be used. */
  | 'database.setting-invalid'
  /** Permanent: everything else that the database refuses. */
  | 'database.failed';

export class PersistenceError extends CodedError<PersistenceErrorCode> {}
