import { expect, test } from '@jest/globals';
import { retentionClasses, retentionMs } from '@myelin/contracts';
import { useDatabase } from '@myelin/testing';
import { dayMs, keptDays, retentionClassNames } from '../src/domain/retention.js';
import { migrations } from '../src/persistence/migrations/index.js';

test('contracts, domain and database agree on the retention classes and how long they are kept', async () => {
  await using database = await useDatabase({ service: 'telemetry', migrations });
  const kept = await database.dataSource.query<{ days: number }[]>(
    'SELECT kept_days(class::smallint) AS days FROM generate_series(0, 2) class ORDER BY class',
  );
  expect(retentionClassNames).toEqual(retentionClasses);
  expect(retentionClasses.map((name) => retentionMs[name])).toEqual(keptDays.map((days) => days * dayMs));
  expect(kept.map(({ days }) => days)).toEqual(keptDays);
});
