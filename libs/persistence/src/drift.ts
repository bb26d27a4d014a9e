import type { DataSource } from 'typeorm';

/**
 * The SQL that would make the database's schema what the entities say; empty when both agree. Works through the
 * application role as well. Tables without an entity are not looked at.
 */
export async function schemaDrift(dataSource: DataSource): Promise<string[]> {
  const changes = await dataSource.driver.createSchemaBuilder().log();
  return changes.upQueries.map(({ query }) => query);
}
