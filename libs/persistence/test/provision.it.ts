import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLogger } from '@myelin/observability';
import { Client } from 'pg';
import { createDataSource, provisionServiceDatabase, runMigrations } from '../src/index.js';
import { scramVerifier } from '../src/scram.js';
import { type RandomSchema, adminUrl, randomSchema } from './random-schema.js';
import { CreateAccount1700000000001 } from './sample-schema.js';

describe('provisioning', () => {
  let database: RandomSchema;
  beforeEach(async () => {
    database = await randomSchema();
  });
  afterEach(() => database.dispose());

  const again = (passwords = { ownerPassword: 'of owner', appPassword: "app's" }): Promise<unknown> =>
    provisionServiceDatabase({ adminUrl, service: database.schema.replaceAll('_', '-'), ...passwords });

  test('can be repeated, also at once, and keeps the data', async () => {
    await database.migrate([CreateAccount1700000000001]);
    const app = await database.connect();
    await app.query(`INSERT INTO account (name, balance) VALUES ('a', 1)`);
    await Promise.all([again(), again(), again()]);
    expect(await app.query('SELECT name FROM account')).toEqual([{ name: 'a' }]);
  });

  test('stores passwords as the verifier that PostgreSQL itself makes, and a new password replaces the old', async () => {
    const stored = async (): Promise<string> => {
      const [row] = await database.asAdmin<{ rolpassword: string }>(
        'SELECT rolpassword FROM pg_authid WHERE rolname = $1',
        [database.appRole],
      );
      return row?.rolpassword ?? '';
    };
    const saltOf = (verifier: string): Buffer => Buffer.from(verifier.split(/[:$]/)[2] ?? '', 'base64');
    await database.asAdmin(`ALTER ROLE "${database.appRole}" PASSWORD 'grün ☂'`);
    const byServer = await stored();
    expect(scramVerifier('grün ☂', saltOf(byServer))).toBe(byServer);
    await again({ ownerPassword: 'x', appPassword: 'new' });
    const replaced = await stored();
    expect(scramVerifier('new', saltOf(replaced))).toBe(replaced);
  });

  test('gives roles without any power beyond the schema', async () => {
    const roles = await database.asAdmin(
      `SELECT DISTINCT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles
       WHERE rolname = ANY($1)`,
      [[database.ownerRole, database.appRole]],
    );
    expect(roles).toEqual([
      { rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolreplication: false, rolbypassrls: false },
    ]);
  });

  test.each(['Upper', '1st', 'a b', 'x"; DROP SCHEMA public', ''])('refuses the name %j', async (service) => {
    await expect(
      provisionServiceDatabase({ adminUrl, service, ownerPassword: 'a', appPassword: 'b' }),
    ).rejects.toMatchObject({ code: 'database.setting-invalid' });
  });
});

test('an administrator needs no superuser: the right to make roles, and schemas in its database, is enough', async () => {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const superuser = new Client({ connectionString: adminUrl });
  await superuser.connect();
  await superuser.query(`CREATE ROLE "${name}_admin" LOGIN CREATEROLE CREATEDB PASSWORD 'x'`);
  const url = new URL(adminUrl);
  url.username = `${name}_admin`;
  url.password = 'x';
  const settings = { adminUrl: url.href, service: name, database: name, ownerPassword: 'a', appPassword: 'b' };
  try {
    await provisionServiceDatabase(settings);
    const own = await provisionServiceDatabase(settings);
    await runMigrations({ ...own, migrations: [CreateAccount1700000000001], logger: silentLogger });
    const app = createDataSource({ url: own.appUrl, schema: own.schema, applicationName: name });
    await app.initialize();
    expect(await app.query('SELECT count(*)::int AS rows FROM account')).toEqual([{ rows: 0 }]);
    await app.destroy();
  } finally {
    await superuser.query(`DROP DATABASE "${name}"`);
    for (const role of ['app', 'owner', 'admin']) await superuser.query(`DROP ROLE "${name}_${role}"`);
    await superuser.end();
  }
});

test('a service moves to a database of its own by configuration alone', async () => {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const own = await provisionServiceDatabase({
    ...{ adminUrl, service: name, database: name },
    ...{ ownerPassword: 'a', appPassword: 'b' },
  });
  try {
    expect(new URL(own.appUrl).pathname).toBe(`/${name}`);
    await runMigrations({ ...own, migrations: [CreateAccount1700000000001], logger: silentLogger });
    const app = createDataSource({ url: own.appUrl, schema: own.schema, applicationName: name });
    await app.initialize();
    await app.query(`INSERT INTO account (name, balance) VALUES ('a', 1)`);
    expect(await app.query('SELECT current_database() AS name, balance FROM account')).toEqual([{ name, balance: 1 }]);
    await app.destroy();
  } finally {
    const admin = new Client({ connectionString: adminUrl });
    await admin.connect();
    await admin.query(`DROP DATABASE "${name}"`);
    await admin.query(`DROP ROLE "${own.appRole}"`);
    await admin.query(`DROP ROLE "${own.ownerRole}"`);
    await admin.end();
  }
});
