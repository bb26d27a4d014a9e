import type { Client } from 'pg';
import { type KnownMigration, knownMigrations } from '../database/known-migrations.js';
import { withClient } from '../database/with-client.js';
import type { Check } from '../examine.js';
import { type Finding, error, info, ok, some, warning } from '../finding.js';

const check = 'database.migrations';
/** As `libs/persistence` names it, in each service's schema. */
const historyTable = 'schema_migrations';

/** The schema of each service that the role may look at, against the migrations of this version of the code. */
export const migrations: Check = async ({ config, workspaceFolder }) => {
  const { databaseUrl } = config;
  if (databaseUrl === undefined) return [];
  const known = await knownMigrations(workspaceFolder);
  if (known.size === 0) return [info(check, `no migrations lie below ${workspaceFolder}: schemas are not looked at`)];
  try {
    return await withClient(databaseUrl, async (client) => {
      const schemas = await readableSchemas(client);
      const found: Finding[] = [];
      for (const [service, wanted] of known) {
        const schema = service.replaceAll('-', '_');
        if (schemas.has(schema)) found.push(judge(service, wanted, await applied(client, schema)));
      }
      return found.length > 0 ? found : [nothingThere()];
    });
  } catch {
    return []; // the check of the database says why
  }
};

function nothingThere(): Finding {
  const remedy =
    'migrate each service: DATABASE_OWNER_URL=... DATABASE_URL=... node apps/<service>/dist/migrate.js (npm start does)';
  return warning(check, 'no schema of any service can be read with this role', remedy);
}

async function readableSchemas(client: Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ schema: string }>(
    `SELECT n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = $1 AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')`,
    [historyTable],
  );
  return new Set(rows.map(({ schema }) => schema));
}

async function applied(client: Client, schema: string): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ timestamp: string }>(
    `SELECT timestamp::text AS timestamp FROM ${client.escapeIdentifier(schema)}.${historyTable}`,
  );
  return new Set(rows.map(({ timestamp }) => timestamp));
}

export function judge(service: string, wanted: readonly KnownMigration[], done: ReadonlySet<string>): Finding {
  const missing = wanted.filter(({ timestamp }) => !done.has(timestamp)).map(({ name }) => name);
  if (missing.length > 0) {
    const detail = `the schema of ${service} is older than this code: ${missing.length} migrations are missing (${some(missing)})`;
    const command = `DATABASE_OWNER_URL=... DATABASE_URL=... node apps/${service}/dist/migrate.js`;
    return error(check, detail, `${command} (npm run build before, in a clone)`);
  }
  const known = new Set(wanted.map(({ timestamp }) => timestamp));
  const newer = [...done].filter((timestamp) => !known.has(timestamp)).length;
  if (newer === 0) return ok(check, `the schema of ${service} is as this code wants it (${wanted.length} migrations)`);
  return info(check, `the schema of ${service} is newer than this code by ${newer} migrations, which it can live with`);
}
