import type { MigrationInterface, QueryRunner } from 'typeorm';

const ofComparison = (table: string): string => `
  tenant text COLLATE "C" NOT NULL,
  rule text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  CONSTRAINT ${table}_fk FOREIGN KEY (tenant, rule, version)
    REFERENCES peer_comparison (tenant, rule, version) ON DELETE CASCADE`;

const statements = [
  `CREATE TABLE peer_comparison (
     tenant text COLLATE "C" NOT NULL,
     rule text COLLATE "C" NOT NULL,
     version integer NOT NULL,
     judged_until_ms bigint,
     CONSTRAINT peer_comparison_pk PRIMARY KEY (tenant, rule, version))`,
  `CREATE TABLE peer_progress (${ofComparison('peer_progress')},
     partition integer NOT NULL,
     partitions integer NOT NULL,
     passed_until_ms bigint NOT NULL,
     CONSTRAINT peer_progress_pk PRIMARY KEY (tenant, rule, version, partition)) WITH (fillfactor = 50)`,
  `CREATE TABLE peer_contribution (${ofComparison('peer_contribution')},
     ends_at_ms bigint NOT NULL,
     partition integer NOT NULL,
     groups json NOT NULL,
     CONSTRAINT peer_contribution_pk PRIMARY KEY (tenant, rule, version, ends_at_ms, partition))`,
  `CREATE TABLE peer_standing (${ofComparison('peer_standing')},
     device text COLLATE "C" NOT NULL,
     last_ms bigint NOT NULL,
     slots float8[] NOT NULL,
     CONSTRAINT peer_standing_pk PRIMARY KEY (tenant, rule, version, device))`,
];

export class PeerRounds1795798000000 implements MigrationInterface {
  readonly name = 'PeerRounds1795798000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE peer_standing, peer_contribution, peer_progress, peer_comparison');
  }
}
