import type { EntityManager } from 'typeorm';

/** Devices of all tenants. */
export function countByLifecycle(db: EntityManager): Promise<{ readonly value: string; readonly count: number }[]> {
  return db.query('SELECT lifecycle AS value, count(*)::integer AS count FROM device GROUP BY lifecycle');
}
