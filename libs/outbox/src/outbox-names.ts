import type { DataSource } from 'typeorm';
import { OutboxError } from './outbox.errors.js';

/** The service's schema, which {@link DataSource} was made with. */
export function schemaOf(dataSource: DataSource): string {
  const { schema } = dataSource.options as { schema?: string };
  if (schema !== undefined) return schema;
  throw OutboxError.permanent('outbox.record-invalid', 'the data source names no schema');
}

/** NOTIFY channels and advisory locks are shared by all schemas of a database. */
export function channelOf(schema: string): string {
  return `outbox:${schema}`;
}
