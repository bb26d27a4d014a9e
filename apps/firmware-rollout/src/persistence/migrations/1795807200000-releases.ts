import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `CREATE TABLE release_usage (
     tenant text COLLATE "C" NOT NULL CONSTRAINT release_usage_pk PRIMARY KEY,
     releases integer NOT NULL)`,
  `CREATE TABLE release (
     tenant text COLLATE "C" NOT NULL,
     release text COLLATE "C" NOT NULL,
     revision integer NOT NULL,
     state text NOT NULL CONSTRAINT release_state CHECK (state IN ('draft', 'published', 'revoked')),
     profile text COLLATE "C" NOT NULL,
     canonical_version text COLLATE "C" NOT NULL,
     definition json NOT NULL,
     manifest json,
     signers text[] NOT NULL,
     release_counter bigint,
     manifest_expires_at timestamptz,
     trust text CONSTRAINT release_trust CHECK (trust IN ('signed', 'unsigned', 'untrusted')),
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     updated_by text NOT NULL,
     published_at timestamptz,
     revoked_at timestamptz,
     revocation_reason text,
     CONSTRAINT release_pk PRIMARY KEY (tenant, release))`,
  `CREATE UNIQUE INDEX release_published_version ON release (tenant, profile, canonical_version)
     WHERE state = 'published'`,
  `CREATE INDEX release_profile ON release (tenant, profile, release)`,
  `CREATE TABLE signing_key (
     tenant text COLLATE "C" NOT NULL,
     keyid text COLLATE "C" NOT NULL,
     name text NOT NULL,
     algorithm text NOT NULL CONSTRAINT signing_key_algorithm CHECK (algorithm IN ('ed25519', 'ecdsa-p256')),
     public_key text NOT NULL,
     state text NOT NULL CONSTRAINT signing_key_state CHECK (state IN ('active', 'retired', 'revoked')),
     created_at timestamptz NOT NULL,
     created_by text NOT NULL,
     ended_at timestamptz,
     ended_by text,
     reason text,
     CONSTRAINT signing_key_pk PRIMARY KEY (tenant, keyid))`,
  `CREATE TABLE firmware_policy (
     tenant text COLLATE "C" NOT NULL,
     profile text COLLATE "C" NOT NULL,
     version integer NOT NULL,
     unsigned text NOT NULL CONSTRAINT firmware_policy_unsigned CHECK (unsigned IN ('refused', 'accepted')),
     threshold integer NOT NULL CONSTRAINT firmware_policy_threshold CHECK (threshold BETWEEN 1 AND 5),
     updated_at timestamptz NOT NULL,
     updated_by text NOT NULL,
     CONSTRAINT firmware_policy_pk PRIMARY KEY (tenant, profile))`,
  `CREATE TABLE release_history (
     tenant text COLLATE "C" NOT NULL,
     entity text COLLATE "C" NOT NULL,
     id uuid NOT NULL,
     at timestamptz NOT NULL,
     actor text NOT NULL,
     action text NOT NULL,
     reason text,
     CONSTRAINT release_history_pk PRIMARY KEY (tenant, entity, id))`,
];

/** Releases, the keys and policies that they are held to, and who did what to them. */
export class Releases1795807200000 implements MigrationInterface {
  readonly name = 'Releases1795807200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of up) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE release_history, firmware_policy, signing_key, release, release_usage');
  }
}
