import type { MigrationInterface, QueryRunner } from 'typeorm';

const deliveries = [
  `CREATE TABLE delivery (
     id uuid NOT NULL CONSTRAINT delivery_pk PRIMARY KEY,
     tenant text COLLATE "C" NOT NULL,
     receiver text COLLATE "C" NOT NULL,
     group_hash text COLLATE "C" NOT NULL,
     notified_at timestamptz NOT NULL,
     sequence integer NOT NULL,
     notification jsonb NOT NULL,
     state text NOT NULL CONSTRAINT delivery_state CHECK (state IN ('pending', 'delivered', 'parked')),
     waits boolean NOT NULL,
     tries integer NOT NULL,
     next_try_at timestamptz NOT NULL,
     claim uuid,
     claimed_until timestamptz,
     created_at timestamptz NOT NULL,
     ended_at timestamptz)`,
  `CREATE INDEX delivery_due ON delivery (tenant, receiver, next_try_at, id) WHERE state = 'pending' AND NOT waits`,
  `CREATE INDEX delivery_order ON delivery (tenant, receiver, group_hash, notified_at, sequence)
     WHERE state = 'pending'`,
  `CREATE INDEX delivery_claimed ON delivery (tenant, receiver) WHERE claimed_until IS NOT NULL`,
  `CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL`,
  `CREATE INDEX delivery_listed ON delivery (tenant, created_at, id)`,
  `CREATE TABLE delivery_try (
     delivery uuid NOT NULL,
     try integer NOT NULL,
     started_at timestamptz NOT NULL,
     ended_at timestamptz,
     outcome text CONSTRAINT delivery_try_outcome CHECK (outcome IN ('delivered', 'failed', 'refused')),
     error text,
     CONSTRAINT delivery_try_pk PRIMARY KEY (delivery, try),
     CONSTRAINT delivery_try_delivery_fk FOREIGN KEY (delivery) REFERENCES delivery (id) ON DELETE CASCADE)`,
];

const dispatchers = [
  `CREATE TABLE dispatched_alert (
     tenant text COLLATE "C" NOT NULL,
     hash text COLLATE "C" NOT NULL,
     key text NOT NULL,
     alert jsonb NOT NULL,
     CONSTRAINT dispatched_alert_pk PRIMARY KEY (tenant, hash))`,
  `CREATE TABLE dispatched_group (
     tenant text COLLATE "C" NOT NULL,
     hash text COLLATE "C" NOT NULL,
     key text NOT NULL,
     group_state jsonb NOT NULL,
     CONSTRAINT dispatched_group_pk PRIMARY KEY (tenant, hash))`,
];

export class Notifications1795694400000 implements MigrationInterface {
  readonly name = 'Notifications1795694400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...deliveries, ...dispatchers]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE dispatched_group, dispatched_alert, delivery_try, delivery');
  }
}
