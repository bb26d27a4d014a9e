import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import { silentLogger } from '@myelin/observability';
import { runMigrations, schemaDrift } from '@myelin/persistence';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import { aTenant } from '@myelin/testing';
import type { Operator } from '@myelin/service-kit';
import { createDevice } from '../src/features/create-device/create-device.handler.js';
import { putProfile } from '../src/features/manage-profiles/profiles.handler.js';
import { createTenant } from '../src/features/manage-tenants/tenants.handler.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { journal } from '../src/publication/journal.js';
import { tenantState } from '../src/publication/state-events.js';
import { Registry } from '../src/registry.js';
import { aProfileBody, aTenantBody } from './registry-fixture.js';

let database: DatabaseFixture;
let registry: Registry;
beforeAll(async () => {
  database = await useDatabase({ service: 'device-registry', migrations, entities });
  registry = new Registry(database.dataSource, systemClock, silentLogger);
});
afterAll(() => database.dispose());

const operator = { subject: 'alice', tenant: 'acme', roles: ['admin'] } as unknown as Operator;

async function count(table: string): Promise<number> {
  const [row] = (await database.dataSource.query(`SELECT count(*)::int AS n FROM ${table}`)) as { n: number }[];
  return row?.n ?? Number.NaN;
}

describe('the schema', () => {
  test('that the migrations make is the one that the entities describe', async () => {
    expect(await schemaDrift(database.dataSource)).toEqual([]);
  });

  test('migrates again without a change, and the service has no right to change it', async () => {
    const { ownerUrl, schema, appRole } = database;
    await runMigrations({ ownerUrl, schema, appRole, migrations, logger: silentLogger });
    await expect(database.dataSource.query('CREATE TABLE mine (a integer)')).rejects.toThrow(/permission denied/);
    await expect(database.dataSource.query('ALTER TABLE device ADD b integer')).rejects.toThrow(/must be owner/);
  });

  test('goes back to nothing, migration by migration', async () => {
    await using other = await useDatabase({ service: 'device-registry', migrations, entities });
    const { createDataSource } = await import('@myelin/persistence');
    const { ownerUrl: url, schema } = other;
    const owner = await createDataSource({ url, schema, migrations, applicationName: 'down' }).initialize();
    try {
      for (let left = migrations.length; left > 0; left--) await owner.undoLastMigration();
      const tables = (await owner.query('SELECT tablename AS name FROM pg_tables WHERE schemaname = $1', [schema])) as {
        name: string;
      }[];
      expect(tables.map(({ name }) => name)).toEqual(['schema_migrations']);
    } finally {
      await owner.destroy();
    }
  });
});

describe('one change, one transaction', () => {
  test('a failure after the state was written leaves neither row nor audit entry nor event', async () => {
    const before = [await count('tenant'), await count('audit_entry'), await count('outbox')];
    const failing = registry.change(async (tx) => {
      const { TenantEntity } = await import('../src/persistence/tenant.entity.js');
      const { displayName, timeZone, limits } = aTenant();
      const row = { tenant: 'half', displayName, timeZone, ...limits, version: 1, updatedAt: new Date() };
      await tx.insert(TenantEntity, row);
      const action = { tenant: 'half', actor: 'operator:alice', action: 'tenant.create', entity: 'half' };
      await journal(tx, systemClock, action, [tenantState(row)]);
      throw new Error('the process stumbles here');
    });
    await expect(failing).rejects.toThrow('stumbles');
    expect([await count('tenant'), await count('audit_entry'), await count('outbox')]).toEqual(before);
  });

  test('an event that breaks its contract takes its change back with it', async () => {
    await createTenant(registry, operator, aTenantBody('acme'));
    await putProfile(registry, operator, {
      ...{ profile: 'p', body: aProfileBody() as never },
      ...{ ifMatch: undefined, ifNoneMatch: undefined },
    });
    const before = [await count('device'), await count('audit_entry'), await count('outbox')];
    // No DTO stands before the handler here: the contract is the last guard.
    const broken = { device: 'd', profile: 'p', labels: { 'a b': 'c' } };
    const failing = createDevice(registry, operator, { body: broken, idempotencyKey: undefined });
    await expect(failing).rejects.toMatchObject({ code: 'messaging.event-invalid' });
    expect([await count('device'), await count('audit_entry'), await count('outbox')]).toEqual(before);
    const [usage] = (await database.dataSource.query('SELECT devices FROM tenant_usage WHERE tenant = $1', [
      'acme',
    ])) as {
      devices: number;
    }[];
    expect(usage?.devices).toBe(0);
  });

  test('each change leaves its events and one audit event in the outbox, the audit event last', async () => {
    await database.dataSource.query('DELETE FROM outbox');
    const body = { device: 'd-1', profile: 'p' };
    await createDevice(registry, operator, { body, idempotencyKey: undefined });
    const rows = (await database.dataSource.query('SELECT topic FROM outbox ORDER BY seq')) as { topic: string }[];
    expect(rows.map(({ topic }) => topic)).toEqual([
      'myelin.registry.device-lifecycle-changed.v1',
      'myelin.registry.device-state.v1',
      'myelin.registry.operator-action-recorded.v1',
    ]);
  });
});
