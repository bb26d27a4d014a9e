import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `CREATE TABLE trace_request (
     tenant text COLLATE "C" NOT NULL,
     device text COLLATE "C" NOT NULL,
     ends_at timestamptz NOT NULL,
     reason text,
     actor text NOT NULL,
     version integer NOT NULL,
     updated_at timestamptz NOT NULL,
     CONSTRAINT trace_request_pk PRIMARY KEY (tenant, device),
     CONSTRAINT trace_request_tenant_fk FOREIGN KEY (tenant) REFERENCES tenant (tenant))`,
  `CREATE INDEX trace_request_open ON trace_request (tenant, ends_at)`,
  `CREATE INDEX trace_request_ended ON trace_request (ends_at)`,
];

export class TraceRequests1795780800000 implements MigrationInterface {
  readonly name = 'TraceRequests1795780800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of up) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE trace_request');
  }
}
