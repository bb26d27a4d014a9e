import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An alert has its alarm's id at the end of its URL, wherever the service was reached when it was made. */
const alarmsSql = `
  CREATE FUNCTION delivery_alarms(notification jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ARRAY(SELECT right(alert ->> 'generatorUrl', 36) FROM jsonb_array_elements(notification -> 'alerts') AS alert)`;

export class FindDeliveries1795801600000 implements MigrationInterface {
  readonly name = 'FindDeliveries1795801600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(alarmsSql);
    await runner.query('CREATE INDEX delivery_of_alarm ON delivery USING gin (delivery_alarms(notification))');
    await runner.query(
      `CREATE INDEX delivery_undelivered ON delivery (tenant, state, created_at, id) WHERE state <> 'delivered'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX delivery_undelivered, delivery_of_alarm');
    await runner.query('DROP FUNCTION delivery_alarms');
  }
}
