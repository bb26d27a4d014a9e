import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  // Half of what a signed 32-bit integer holds is 40 years of a million devices with an update a fortnight; a cycle would repeat ids.
  'CREATE SEQUENCE action_id AS integer MINVALUE 1 MAXVALUE 2147483647 NO CYCLE',
  `CREATE TABLE assignment (
     rollout_id uuid NOT NULL,
     device text COLLATE "C" NOT NULL,
     tenant text COLLATE "C" NOT NULL,
     wave integer NOT NULL,
     "position" integer NOT NULL,
     attempt integer NOT NULL,
     action_id integer,
     download_only boolean NOT NULL,
     state text NOT NULL,
     reason text,
     resumes_as text,
     offered_at timestamptz,
     due_at timestamptz,
     changed_at timestamptz NOT NULL,
     version integer NOT NULL,
     CONSTRAINT assignment_pk PRIMARY KEY (rollout_id, device),
     CONSTRAINT assignment_state CHECK (state IN ('planned', 'offered', 'retrieved', 'downloading', 'downloaded', 'installing',
       'cancelling', 'succeeded', 'failed', 'cancelled', 'skipped')))`,
  'CREATE INDEX assignment_device ON assignment (tenant, device)',
  `CREATE UNIQUE INDEX assignment_active ON assignment (tenant, device)
     WHERE state IN ('offered', 'retrieved', 'downloading', 'downloaded', 'installing', 'cancelling')`,
  `CREATE INDEX assignment_planned ON assignment (rollout_id, wave, "position") WHERE state = 'planned'`,
  'CREATE INDEX assignment_due ON assignment (rollout_id, due_at) WHERE due_at IS NOT NULL',
  `CREATE TABLE action (
     id integer NOT NULL CONSTRAINT action_pk PRIMARY KEY,
     rollout_id uuid NOT NULL,
     tenant text COLLATE "C" NOT NULL,
     device text COLLATE "C" NOT NULL,
     offered_at timestamptz NOT NULL)`,
  // A rollout counts by this what it offered lately.
  'CREATE INDEX action_offered ON action (rollout_id, offered_at)',
  `CREATE TABLE assignment_entry (
     rollout_id uuid NOT NULL,
     device text COLLATE "C" NOT NULL,
     version integer NOT NULL,
     attempt integer NOT NULL,
     action_id integer,
     kind text NOT NULL,
     report text,
     from_state text NOT NULL,
     to_state text NOT NULL,
     reason text,
     actor text,
     code integer,
     messages jsonb NOT NULL,
     at timestamptz NOT NULL,
     CONSTRAINT assignment_entry_pk PRIMARY KEY (rollout_id, device, version))`,
  // Changes are added and folded later: a row per wave that every report changes would make reports wait for each other.
  `CREATE TABLE assignment_count (
     rollout_id uuid NOT NULL,
     wave integer NOT NULL,
     state text NOT NULL,
     reason text NOT NULL,
     devices integer NOT NULL)`,
  'CREATE INDEX assignment_count_of ON assignment_count (rollout_id, wave, state, reason)',
];

/** What becomes of each device of a rollout, its history, and how many of which there are. */
export class Assignments1795814400000 implements MigrationInterface {
  readonly name = 'Assignments1795814400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of up) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE assignment_count, assignment_entry, action, assignment');
    await runner.query('DROP SEQUENCE action_id');
  }
}
