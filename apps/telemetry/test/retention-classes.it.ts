import { expect, test } from '@jest/globals';
import { retentionClasses, retentionMs } from '@myelin/contracts';
import { useDatabase } from '@myelin/testing';
import { dayMs, keptDays, retentionClassNames, rollupKeptDays } from '../src/domain/retention.js';
import { migrations } from '../src/persistence/migrations/index.js';

test('contracts, domain and database agree on the retention classes and how long they are kept', async () => {
  await using database = await useDatabase({ service: 'telemetry', migrations });
  const kept = await database.dataSource.query<{ name: string; days: number; hours: number; minutes: number }[]>(
    `SELECT retention_class_name(class) AS name, kept_days(class) AS days, rollup_kept_days('hour', class) AS hours,
       rollup_kept_days('minute', class) AS minutes
     FROM generate_series(0, 3) code, LATERAL (SELECT code::smallint AS class) one ORDER BY code`,
  );
  // `summary` stands in the place of a retention class where a profile says so.
  expect(retentionClassNames).toEqual([...retentionClasses, 'summary']);
  expect(retentionClasses.map((name) => retentionMs[name])).toEqual(keptDays.slice(0, 3).map((days) => days * dayMs));
  expect(kept.map(({ name }) => name)).toEqual(retentionClassNames);
  expect(kept.map(({ days }) => days)).toEqual(keptDays);
  expect(kept.map(({ minutes }) => minutes)).toEqual(keptDays);
  expect(kept.map(({ hours }) => hours)).toEqual(rollupKeptDays);
});
