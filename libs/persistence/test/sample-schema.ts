import { Column, Entity, type MigrationInterface, PrimaryColumn, type QueryRunner } from 'typeorm';

@Entity('account')
export class Account {
  @PrimaryColumn('text')
  name!: string;

  @Column('integer')
  balance!: number;

  @Column('timestamptz', { default: () => 'now()' })
  openedAt!: Date;
}

export class CreateAccount1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE account (
      name text PRIMARY KEY,
      balance integer NOT NULL,
      "openedAt" timestamptz NOT NULL DEFAULT now())`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE account');
  }
}

/** What a later version of the service adds. */
export class AddNote1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE account ADD COLUMN note text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE account DROP COLUMN note`);
  }
}

/** Daily partitions that the application makes through a function with the owner's rights. */
export class CreateReading1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE reading (day date NOT NULL, value integer NOT NULL) PARTITION BY RANGE (day)`);
    await runner.query(`CREATE FUNCTION make_partition(wanted date) RETURNS void LANGUAGE plpgsql
      SECURITY DEFINER SET search_path FROM CURRENT AS $$
      BEGIN
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF reading FOR VALUES FROM (%L) TO (%L)',
          'reading_' || to_char(wanted, 'YYYYMMDD'), wanted, wanted + 1);
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION make_partition');
    await runner.query('DROP TABLE reading');
  }
}
