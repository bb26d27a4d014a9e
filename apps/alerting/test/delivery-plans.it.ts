import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import { type DeliveryFilter, listDeliveries } from '../src/persistence/delivery-search.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';

const alarm = '0190b6f0-0000-8000-8000-0000000000aa';
const deliveries = 20_000;
const each = 4_000;

let database: DatabaseFixture;
beforeAll(async () => {
  database = await useDatabase({ service: 'alerting', migrations, entities });
  const idOfAlert = `CASE WHEN i % ${each} = 0 THEN '${alarm}' ELSE gen_random_uuid()::text END`;
  const notification = `jsonb_build_object('status', 'firing', 'reason', 'repeat', 'groupKey', '', 'groupLabels', '{}'::jsonb,
    'truncatedAlerts', 0, 'alerts', jsonb_build_array(
      jsonb_build_object('generatorUrl', 'https://elsewhere/v1/alarms/' || gen_random_uuid()),
      jsonb_build_object('generatorUrl', 'https://here/v1/alarms/' || ${idOfAlert})))`;
  await database.dataSource.query(`
    INSERT INTO delivery (id, tenant, receiver, group_hash, notified_at, sequence, notification, state, waits, tries,
                          next_try_at, created_at, ended_at)
    SELECT gen_random_uuid(), 'acme', 'hook', i::text, now(), i, ${notification},
           CASE WHEN i % ${each} = 1 THEN 'parked' ELSE 'delivered' END, false, 1, now(), now() - i * interval '1 minute', now()
    FROM generate_series(1, ${deliveries}) AS i`);
  await database.dataSource.query('ANALYZE delivery');
});
afterAll(() => database.dispose());

interface Plan {
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** How many were found, and how many were looked at in vain. */
async function looked(filter: DeliveryFilter): Promise<{ found: number; inVain: number }> {
  let inVain = 0;
  const note = (plan: Plan): void => {
    inVain += plan['Rows Removed by Filter'] ?? 0;
    plan.Plans?.forEach(note);
  };
  const { dataSource } = database;
  const explaining = {
    query: async (sql: string, parameters: unknown[]) => {
      const explained = `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`;
      const [row] = await dataSource.query<[{ 'QUERY PLAN': [{ Plan: Plan }] }]>(explained, parameters);
      note(row['QUERY PLAN'][0].Plan);
      return dataSource.query<unknown[]>(sql, parameters);
    },
  };
  const page = { after: undefined, limit: 100 };
  return { found: (await listDeliveries(explaining as never, 'acme', filter, page)).length, inVain };
}

test.each<[string, DeliveryFilter]>([
  ['tell of an alarm', { alarm }],
  ['are parked', { state: 'parked' }],
])('the few notifications that %s are found without a look at all the others', async (_, filter) => {
  expect(await looked(filter)).toEqual({ found: deliveries / each, inVain: 0 });
});
