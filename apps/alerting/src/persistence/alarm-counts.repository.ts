import type { EntityManager } from 'typeorm';

/** Active alarms of all tenants. */
export function countActiveBySeverity(
  db: EntityManager,
): Promise<{ readonly value: string; readonly count: number }[]> {
  return db.query(
    `SELECT severity AS value, count(*)::integer AS count FROM alarm WHERE condition = 'active' GROUP BY severity`,
  );
}
