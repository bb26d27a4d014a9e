import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import type { Operator } from '@myelin/service-kit';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import { putFirmwarePolicy } from '../src/features/manage-firmware-policies/firmware-policies.handler.js';
import { publishRelease, revokeRelease } from '../src/features/manage-releases/release-state.handler.js';
import { putRelease } from '../src/features/manage-releases/releases.handler.js';
import { Firmware } from '../src/firmware.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { aRelease, addArtifact, content } from './releases-fixture.js';

let database: DatabaseFixture;
let firmware: Firmware;
beforeAll(async () => {
  database = await useDatabase({ service: 'firmware-rollout', migrations, entities });
  firmware = new Firmware(database.dataSource, systemClock);
  await addArtifact({ database }, 'acme', content);
});
afterAll(() => database.dispose());

const operator = { subject: 'alice', tenant: 'acme', roles: ['admin'] } as unknown as Operator;
const always = { ifMatch: '*', ifNoneMatch: undefined };
const stored = async () => ({
  releases: await database.dataSource.query<unknown[]>('SELECT state, revision, trust FROM release'),
  history: await database.dataSource.query<unknown[]>('SELECT action FROM release_history ORDER BY id'),
  outbox: await database.dataSource.query<unknown[]>(`SELECT convert_from(key, 'UTF8') AS key FROM outbox ORDER BY 1`),
});

test('a release, its history and its record in the outbox change together, or not at all', async () => {
  const definition = { ...aRelease(), part: 'os', metadata: {} };
  await putRelease(firmware, operator, { release: 'fw', definition, ifMatch: undefined, ifNoneMatch: '*' });
  const policy = { unsigned: 'accepted', threshold: 1 } as const;
  await putFirmwarePolicy(firmware, operator, { profile: 'thermometer', policy, ...always, ifMatch: undefined });
  const draft = await stored();
  expect(draft).toMatchObject({ releases: [{ state: 'draft', revision: 1, trust: null }], outbox: [] });

  // An instant of five digits is none in a contract: the record is refused after everything else was written.
  const late = new Firmware(database.dataSource, { nowMs: () => Date.UTC(10_000, 0, 1) });
  await expect(publishRelease(late, operator, { release: 'fw', ifMatch: '*' })).rejects.toThrow();
  expect(await stored()).toEqual(draft);

  await publishRelease(firmware, operator, { release: 'fw', ifMatch: '*' });
  const published = await stored();
  expect(published).toMatchObject({
    ...{ releases: [{ state: 'published', revision: 2, trust: 'unsigned' }], outbox: [{ key: 'acme/fw' }] },
  });
  await expect(revokeRelease(late, operator, { release: 'fw', reason: 'x' })).rejects.toThrow();
  const stricter = { unsigned: 'refused', threshold: 1 } as const;
  await expect(
    putFirmwarePolicy(late, operator, { profile: 'thermometer', policy: stricter, ...always }),
  ).rejects.toThrow();
  expect(await stored()).toEqual(published);
});
