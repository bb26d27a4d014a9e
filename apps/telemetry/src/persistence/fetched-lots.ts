import type { PoolClient } from 'pg';

export interface Fetching {
  /** In a lot. */
  readonly rows: number;
  /** Rows as arrays, in the order of their columns; objects otherwise. */
  readonly rowMode?: 'array';
}

/**
 * The rows of a statement lot by lot, fetched while they are taken, as they are when it begins; within the caller's transaction, one
 * statement at a time.
 */
export async function* fetchedLots<Row>(
  client: PoolClient,
  sql: string,
  parameters: unknown[],
  { rows: most, ...mode }: Fetching,
): AsyncGenerator<readonly Row[]> {
  await client.query(`DECLARE lot NO SCROLL CURSOR FOR ${sql}`, parameters);
  for (;;) {
    const { rows } = await client.query({ text: `FETCH ${most} FROM lot`, ...mode });
    if (rows.length > 0) yield rows as Row[];
    if (rows.length < most) break;
  }
  await client.query('CLOSE lot');
}
