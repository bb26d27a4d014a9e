import type { EntityManager } from 'typeorm';

/** Whether this is news. That a group is not near the end is none when nothing was ever said of it. */
export async function noteLag(tx: EntityManager, topic: string, group: string, near: boolean): Promise<boolean> {
  const rows = await tx.query<{ first: boolean }[]>(
    `WITH noted AS (
       INSERT INTO lag_alarm AS a (topic, consumer_group, near) VALUES ($1, $2, $3)
       ON CONFLICT (topic, consumer_group) DO UPDATE SET near = EXCLUDED.near WHERE a.near <> EXCLUDED.near
       RETURNING a.xmax = 0 AS first)
     SELECT first FROM noted`,
    [topic, group, near],
  );
  const [noted] = rows;
  return noted !== undefined && (near || !noted.first);
}
