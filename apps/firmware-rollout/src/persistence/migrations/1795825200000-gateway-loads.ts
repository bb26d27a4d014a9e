import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when gateways say that they are overloaded: a row per instance. */
export class GatewayLoads1795825200000 implements MigrationInterface {
  readonly name = 'GatewayLoads1795825200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE gateway_load (
      gateway text COLLATE "C" NOT NULL CONSTRAINT gateway_load_pk PRIMARY KEY,
      version bigint NOT NULL,
      overloaded_until timestamptz NOT NULL)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE gateway_load');
  }
}
