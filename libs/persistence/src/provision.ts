import { Client } from 'pg';
import { checkedSchemaName, quoteIdentifier, quoteLiteral, schemaNameOf } from './identifiers.js';
import { scramVerifier } from './scram.js';
import { translateDatabaseError } from './translate-error.js';

export interface ProvisionSettings {
  /** A role that may create roles and schemas, and databases when `database` is given. */
  readonly adminUrl: string;
  /** `device-registry` gets the schema `device_registry`, the roles `device_registry_owner` and `device_registry_app`. */
  readonly service: string;
  readonly ownerPassword: string;
  readonly appPassword: string;
  /** A database of the service's own, created when missing; by default that of `adminUrl`. */
  readonly database?: string;
}

export interface ServiceDatabase {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly schema: string;
  readonly ownerRole: string;
  readonly appRole: string;
}

/**
 * Makes a service's schema and its two roles, or brings existing ones to the given passwords. The owner may do
 * everything in its schema, the application role nothing until the migrations grant it DML. Safe to repeat and to run
 * from several processes at once.
 * @throws PersistenceError
 */
export async function provisionServiceDatabase(settings: ProvisionSettings): Promise<ServiceDatabase> {
  const schema = schemaNameOf(settings.service);
  const ownerRole = `${schema}_owner`;
  const appRole = `${schema}_app`;
  await connected(settings.adminUrl, async (admin) => {
    await oneAtATime(admin, async () => {
      await ensureRole(admin, ownerRole, settings.ownerPassword);
      await ensureRole(admin, appRole, settings.appPassword);
      if (settings.database !== undefined) await ensureDatabase(admin, settings.database);
    });
  });
  const homeUrl = addressOf(settings.adminUrl, {}, settings.database);
  await connected(homeUrl, (admin) => oneAtATime(admin, () => ensureSchema(admin, schema, ownerRole, appRole)));
  return {
    ownerUrl: addressOf(homeUrl, { role: ownerRole, password: settings.ownerPassword }),
    appUrl: addressOf(homeUrl, { role: appRole, password: settings.appPassword }),
    schema,
    ownerRole,
    appRole,
  };
}

async function connected(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({
    connectionString: url,
    application_name: 'provision',
    connectionTimeoutMillis: 15_000,
    statement_timeout: 30_000,
  });
  client.on('error', () => undefined); // the statement under way fails with it
  try {
    await client.connect();
    await work(client);
  } catch (error) {
    throw translateDatabaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Two sessions that alter the same role or schema at once would fail with "tuple concurrently updated". */
async function oneAtATime(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query(`SELECT pg_advisory_lock(hashtextextended('provision', 0))`);
  await work();
  await client.query(`SELECT pg_advisory_unlock(hashtextextended('provision', 0))`);
}

async function ensureRole(client: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  // A new role has no further attributes; naming them, even to deny them, is for superusers only.
  await client.query(`${verb} ROLE ${quoteIdentifier(role)} LOGIN PASSWORD ${quoteLiteral(scramVerifier(password))}`);
}

async function ensureDatabase(client: Client, database: string): Promise<void> {
  const name = checkedSchemaName(database);
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${quoteIdentifier(name)}`);
}

async function ensureSchema(client: Client, schema: string, ownerRole: string, appRole: string): Promise<void> {
  const name = quoteIdentifier(schema);
  const owner = quoteIdentifier(ownerRole);
  const app = quoteIdentifier(appRole);
  await grantWhereMissing(client, ownerRole, appRole);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${name} AUTHORIZATION ${owner}`);
  await client.query(`ALTER SCHEMA ${name} OWNER TO ${owner}`);
  await client.query(`REVOKE ALL ON SCHEMA ${name} FROM PUBLIC`);
  await client.query(`GRANT USAGE ON SCHEMA ${name} TO ${app}`);
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
  const database = quoteIdentifier(rows[0]?.name ?? '');
  for (const role of [owner, app]) {
    await client.query(`ALTER ROLE ${role} IN DATABASE ${database} SET search_path = ${name}`);
  }
}

/**
 * The right to connect, and for an administrator that is no superuser the membership that it needs to hand over the
 * schema. Both are rows that everybody shares, and that fail when two sessions write them at once: so only where needed.
 */
async function grantWhereMissing(client: Client, ownerRole: string, appRole: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role) AS statement
     FROM unnest($1::text[]) AS role WHERE NOT has_database_privilege(role, current_database(), 'CONNECT')
     UNION ALL
     SELECT format('GRANT %I TO CURRENT_USER', $2::text) WHERE NOT pg_has_role($2, 'SET')`,
    [[ownerRole, appRole], ownerRole],
  );
  for (const { statement } of rows) await client.query(statement);
}

function addressOf(url: string, login: { role?: string; password?: string }, database?: string): string {
  const address = new URL(url);
  if (login.role !== undefined) address.username = encodeURIComponent(login.role);
  if (login.password !== undefined) address.password = encodeURIComponent(login.password);
  if (database !== undefined) address.pathname = `/${encodeURIComponent(database)}`;
  return address.href;
}
