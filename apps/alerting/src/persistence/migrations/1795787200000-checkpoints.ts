import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Checkpoints1795787200000 implements MigrationInterface {
  readonly name = 'Checkpoints1795787200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE checkpoint (
         topic text COLLATE "C" NOT NULL,
         partition integer NOT NULL,
         owner uuid NOT NULL,
         next_offset bigint,
         memory jsonb,
         CONSTRAINT checkpoint_pk PRIMARY KEY (topic, partition))`,
    );
    // Written again and again: room on the page keeps a new version beside the old one.
    await runner.query(
      `CREATE TABLE device_memory (
         topic text COLLATE "C" NOT NULL,
         partition integer NOT NULL,
         key text COLLATE "C" NOT NULL,
         memory bytea NOT NULL,
         CONSTRAINT device_memory_pk PRIMARY KEY (topic, partition, key)) WITH (fillfactor = 50)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE device_memory, checkpoint');
  }
}
