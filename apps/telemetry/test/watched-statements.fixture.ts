import type { DataSource } from 'typeorm';

/** What one statement, or one transaction, had open when it was done. */
export interface WatchedStatement {
  /** Of a transaction, all of its statements in order. */
  readonly statements: readonly { readonly sql: string; readonly parameters: readonly unknown[] }[];
  /** Partitions that it locked, whether it read them in the end or not; by name. */
  readonly partitions: readonly string[];
  /** Tables, indexes and all else that it locked. */
  readonly locks: number;
}

type Statement = WatchedStatement['statements'][number];
type Query = (...args: unknown[]) => unknown;
interface Session {
  query: Query;
}
interface SessionPool {
  on(event: 'acquire', listener: (session: Session) => void): void;
  off(event: 'acquire', listener: (session: Session) => void): void;
}

const lockSql = `
  SELECT count(*)::integer AS locks, array_agg(DISTINCT c.relname::text) FILTER (WHERE c.relkind = 'r' AND c.relispartition) AS names
  FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  WHERE l.pid = pg_backend_pid() AND l.relation IS DISTINCT FROM 'pg_locks'::regclass AND l.relation IS DISTINCT FROM 'pg_class'::regclass`;

/**
 * Runs `work` and tells of every statement of this data source meanwhile which partitions it opened. Locks end with a
 * transaction, so a statement outside of one gets one of its own.
 */
export async function watchStatements(
  dataSource: DataSource,
  work: () => Promise<unknown>,
): Promise<WatchedStatement[]> {
  const watched: WatchedStatement[] = [];
  const unwatched = new Map<Session, Query>();
  const onAcquire = (session: Session): void => {
    if (unwatched.has(session)) return;
    unwatched.set(session, session.query);
    session.query = watchedQuery(session.query.bind(session), watched);
  };
  const pool = (dataSource.driver as unknown as { readonly master: SessionPool }).master;
  pool.on('acquire', onAcquire);
  try {
    await work();
  } finally {
    pool.off('acquire', onAcquire);
    for (const [session, query] of unwatched) session.query = query;
  }
  return watched;
}

function watchedQuery(send: Query, watched: WatchedStatement[]): Query {
  let transaction: Statement[] | undefined;
  const note = async (statements: readonly Statement[]): Promise<void> => {
    const { rows } = (await send(lockSql)) as { rows: [{ locks: number; names: string[] | null }] };
    watched.push({ statements, partitions: (rows[0].names ?? []).sort(), locks: rows[0].locks });
  };
  const sendWatched = async (statement: Statement, args: unknown[]): Promise<unknown> => {
    if (/^BEGIN/.test(statement.sql)) transaction = [];
    else if (/^(COMMIT|ROLLBACK)/.test(statement.sql)) {
      await note(transaction ?? []);
      transaction = undefined;
    } else if (transaction === undefined) {
      await send('BEGIN');
      try {
        const answer = await send(...args);
        await note([statement]);
        return answer;
      } finally {
        await send('COMMIT');
      }
    } else transaction.push(statement);
    return send(...args);
  };
  return (...args) => {
    const statement = statementOf(args);
    return statement === undefined ? send(...args) : sendWatched(statement, args);
  };
}

/** Undefined for what is no statement with a promise for an answer: a stream, or a call with a callback. */
function statementOf(args: readonly unknown[]): Statement | undefined {
  const [first, second] = args;
  if (args.some((one) => typeof one === 'function')) return undefined;
  if (typeof first === 'string') return { sql: first.trim(), parameters: Array.isArray(second) ? second : [] };
  const { text, values, submit } = first as { text?: unknown; values?: unknown; submit?: unknown };
  return typeof text === 'string' && submit === undefined
    ? { sql: text.trim(), parameters: Array.isArray(values) ? values : [] }
    : undefined;
}
