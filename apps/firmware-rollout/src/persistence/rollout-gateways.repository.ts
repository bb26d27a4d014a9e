import type { EntityManager } from 'typeorm';

/** The latest word of a gateway instance. */
export interface GatewayLoad {
  readonly gateway: string;
  readonly version: number;
  readonly overloadedUntilMs: number;
}

/** Each gateway once. What is older than what is stored changes nothing. */
export async function storeGatewayLoads(tx: EntityManager, loads: readonly GatewayLoad[]): Promise<void> {
  await tx.query(
    `INSERT INTO gateway_load AS g (gateway, version, overloaded_until)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS new (gateway) ORDER BY gateway
     ON CONFLICT (gateway) DO UPDATE SET version = EXCLUDED.version, overloaded_until = EXCLUDED.overloaded_until
     WHERE EXCLUDED.version > g.version`,
    [
      loads.map(({ gateway }) => gateway),
      loads.map(({ version }) => version),
      loads.map(({ overloadedUntilMs }) => new Date(overloadedUntilMs)),
    ],
  );
}

/** Until when a gateway is overloaded, by the word that lasts longest; undefined while none is. */
export async function overloadedUntilMs(db: EntityManager, nowMs: number): Promise<number | undefined> {
  const [row] = await db.query<[{ until: Date | null }]>(
    'SELECT max(overloaded_until) AS until FROM gateway_load WHERE overloaded_until > $1',
    [new Date(nowMs)],
  );
  return row.until?.getTime();
}
