import { PersistenceError } from './persistence.errors.js';

// `<schema>_owner` and `outbox:<schema>` must stay below PostgreSQL's 63 bytes.
const schemaPattern = /^[a-z][a-z0-9_]{0,47}$/;

/** The schema of a service: `device-registry` -> `device_registry`. @throws PersistenceError database.setting-invalid */
export function schemaNameOf(service: string): string {
  return checkedSchemaName(service.replaceAll('-', '_'));
}

/** @throws PersistenceError database.setting-invalid */
export function checkedSchemaName(schema: string): string {
  if (schemaPattern.test(schema)) return schema;
  throw PersistenceError.permanent('database.setting-invalid', `a schema name must match ${schemaPattern.source}`);
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
