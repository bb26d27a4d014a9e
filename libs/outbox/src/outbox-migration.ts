/**
 * The table `outbox`, made in the migrating role's search_path; part of the first migration of every service that
 * publishes events. Rows live for moments, so vacuum must not wait for a share of the table.
 */
export function outboxMigrationSql(): { up: string[]; down: string[] } {
  return {
    up: [
      `CREATE TABLE outbox (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text,
        topic text NOT NULL,
        key bytea NOT NULL,
        value bytea,
        headers jsonb NOT NULL,
        "partition" integer,
        timestamp_ms bigint,
        created_at timestamptz NOT NULL DEFAULT now()
      ) WITH (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0,
              autovacuum_vacuum_insert_threshold = -1)`,
      `COMMENT ON TABLE outbox IS 'Records to publish, in the order of seq; a row is deleted when Kafka has acknowledged it.'`,
    ],
    down: [`DROP TABLE outbox`],
  };
}
