import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `CREATE TABLE artifact (
     tenant text COLLATE "C" NOT NULL,
     sha256 text COLLATE "C" NOT NULL,
     sha1 text COLLATE "C" NOT NULL,
     md5 text COLLATE "C" NOT NULL,
     size bigint NOT NULL,
     file_name text NOT NULL,
     created_at timestamptz NOT NULL,
     created_by text NOT NULL,
     idle_since timestamptz NOT NULL,
     CONSTRAINT artifact_pk PRIMARY KEY (tenant, sha256))`,
  `CREATE INDEX artifact_by_digest ON artifact (sha256)`,
  `CREATE INDEX artifact_listed ON artifact (tenant, created_at, sha256)`,
  `CREATE INDEX artifact_idle ON artifact (idle_since)`,
  `CREATE TABLE artifact_reference (
     tenant text COLLATE "C" NOT NULL,
     sha256 text COLLATE "C" NOT NULL,
     holder text COLLATE "C" NOT NULL,
     CONSTRAINT artifact_reference_pk PRIMARY KEY (tenant, sha256, holder),
     CONSTRAINT artifact_reference_artifact_fk FOREIGN KEY (tenant, sha256) REFERENCES artifact (tenant, sha256))`,
  `CREATE INDEX artifact_reference_holder ON artifact_reference (tenant, holder)`,
  `CREATE TABLE artifact_upload (
     tenant text COLLATE "C" NOT NULL,
     id uuid NOT NULL,
     file_name text NOT NULL,
     length bigint NOT NULL,
     expected_sha256 text COLLATE "C",
     created_at timestamptz NOT NULL,
     created_by text NOT NULL,
     expires_at timestamptz NOT NULL,
     held_by uuid,
     held_until timestamptz,
     sha256 text COLLATE "C",
     CONSTRAINT artifact_upload_pk PRIMARY KEY (tenant, id))`,
  `CREATE INDEX artifact_upload_expired ON artifact_upload (expires_at)`,
  // What may lie in the store without a row of `artifact`: looked at when it is due, and deleted if that is so.
  `CREATE TABLE artifact_blob (
     sha256 text COLLATE "C" NOT NULL,
     due_at timestamptz NOT NULL,
     CONSTRAINT artifact_blob_pk PRIMARY KEY (sha256))`,
  `CREATE INDEX artifact_blob_due ON artifact_blob (due_at)`,
];

// Whoever stops referring to an artifact gives it its time of grace, whatever statement does it.
const trigger = [
  `CREATE FUNCTION note_artifact_idle() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     UPDATE artifact SET idle_since = greatest(idle_since, now()) WHERE tenant = OLD.tenant AND sha256 = OLD.sha256;
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER artifact_reference_ended AFTER DELETE ON artifact_reference
     FOR EACH ROW EXECUTE FUNCTION note_artifact_idle()`,
];

/** Artifacts, who refers to them, and uploads on their way. */
export class Artifacts1795803600000 implements MigrationInterface {
  readonly name = 'Artifacts1795803600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...up, ...trigger]) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE artifact_blob, artifact_upload, artifact_reference, artifact');
    await runner.query('DROP FUNCTION note_artifact_idle()');
  }
}
