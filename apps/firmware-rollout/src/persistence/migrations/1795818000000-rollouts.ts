import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `CREATE TABLE rollout (
     tenant text COLLATE "C" NOT NULL,
     rollout text COLLATE "C" NOT NULL,
     id uuid NOT NULL CONSTRAINT rollout_id UNIQUE,
     version integer NOT NULL,
     state text NOT NULL CONSTRAINT rollout_state CHECK (state IN
       ('draft', 'waiting-for-approval', 'running', 'paused', 'aborting', 'aborted', 'succeeded')),
     definition jsonb NOT NULL,
     demands jsonb,
     weight integer NOT NULL,
     paused_reason text,
     paused_detail text,
     abort_cause text,
     created_at timestamptz NOT NULL,
     created_by text NOT NULL,
     started_at timestamptz,
     started_by text,
     approved_by text,
     waits_for jsonb NOT NULL,
     CONSTRAINT rollout_pk PRIMARY KEY (tenant, rollout))`,
  `CREATE INDEX rollout_at_work ON rollout (id) WHERE state IN ('running', 'paused', 'aborting')`,
  `CREATE TABLE rollout_wave (
     rollout_id uuid NOT NULL,
     wave integer NOT NULL,
     devices integer NOT NULL,
     state text NOT NULL CONSTRAINT rollout_wave_state CHECK (state IN ('pending', 'running', 'soaking', 'done')),
     started_at timestamptz,
     finished_at timestamptz,
     done_at timestamptz,
     approved_by text,
     advanced_by text,
     excused_succeeded integer,
     excused_unsuccessful integer,
     CONSTRAINT rollout_wave_pk PRIMARY KEY (rollout_id, wave))`,
  `CREATE TABLE rollout_entry (
     rollout_id uuid NOT NULL,
     version integer NOT NULL,
     kind text NOT NULL,
     from_state text NOT NULL,
     to_state text NOT NULL,
     wave integer,
     reason text,
     detail text,
     actor text,
     at timestamptz NOT NULL,
     CONSTRAINT rollout_entry_pk PRIMARY KEY (rollout_id, version))`,
  `CREATE TABLE installation (
     tenant text COLLATE "C" NOT NULL,
     device text COLLATE "C" NOT NULL,
     version integer NOT NULL,
     installation uuid NOT NULL,
     firmware text NOT NULL,
     state text NOT NULL CONSTRAINT installation_state CHECK (state IN ('installing', 'installed', 'failed')),
     started_at timestamptz NOT NULL,
     expected_until timestamptz NOT NULL,
     ended_at timestamptz,
     installed_release text,
     installed_version text,
     CONSTRAINT installation_pk PRIMARY KEY (tenant, device))`,
  `CREATE TABLE device_update (
     tenant text COLLATE "C" NOT NULL,
     device text COLLATE "C" NOT NULL,
     version integer NOT NULL,
     shown text NOT NULL CONSTRAINT device_update_shown CHECK (shown IN ('deployment', 'cancel', 'nothing')),
     action_id integer,
     mode text,
     forced_from timestamptz,
     installed_action_id integer,
     wants_attributes boolean NOT NULL,
     attributes jsonb NOT NULL DEFAULT '{}',
     CONSTRAINT device_update_pk PRIMARY KEY (tenant, device))`,
];

/** Rollouts, their waves and their history, and what devices run and are told. */
export class Rollouts1795818000000 implements MigrationInterface {
  readonly name = 'Rollouts1795818000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of up) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE device_update, installation, rollout_entry, rollout_wave, rollout');
  }
}
