import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  `CREATE TABLE alarm (
     tenant text COLLATE "C" NOT NULL,
     id uuid NOT NULL,
     rule text COLLATE "C" NOT NULL,
     rule_version integer NOT NULL,
     device text COLLATE "C" NOT NULL,
     site text COLLATE "C",
     profile text COLLATE "C",
     device_labels jsonb NOT NULL,
     labels jsonb NOT NULL,
     annotations jsonb NOT NULL,
     severity text NOT NULL
       CONSTRAINT alarm_severity CHECK (severity IN ('critical', 'major', 'minor', 'warning', 'info')),
     condition text NOT NULL CONSTRAINT alarm_condition CHECK (condition IN ('active', 'cleared')),
     started_at timestamptz NOT NULL,
     raised_at timestamptz NOT NULL,
     raise_noticed_at timestamptz NOT NULL,
     cleared_at timestamptz,
     clear_noticed_at timestamptz,
     clear_reason text,
     acknowledged_by text,
     acknowledged_at timestamptz,
     shelved_until timestamptz,
     assignee text COLLATE "C",
     flapping boolean NOT NULL,
     version integer NOT NULL,
     CONSTRAINT alarm_pk PRIMARY KEY (tenant, id),
     CONSTRAINT alarm_clear CHECK ((condition = 'cleared') = (clear_noticed_at IS NOT NULL)))`,
  `CREATE UNIQUE INDEX alarm_active ON alarm (tenant, rule, device) WHERE condition = 'active'`,
  `CREATE INDEX alarm_active_of_version ON alarm (tenant, rule, rule_version) WHERE condition = 'active'`,
  `CREATE INDEX alarm_active_listed ON alarm (tenant, raise_noticed_at, id) WHERE condition = 'active'`,
  `CREATE INDEX alarm_active_of_device ON alarm (tenant, device) WHERE condition = 'active'`,
  `CREATE INDEX alarm_listed ON alarm (tenant, raise_noticed_at, id)`,
  `CREATE INDEX alarm_of_rule ON alarm (tenant, rule, raise_noticed_at, id)`,
  `CREATE INDEX alarm_of_device ON alarm (tenant, device, raise_noticed_at, id)`,
  `CREATE INDEX alarm_of_site ON alarm (tenant, site, raise_noticed_at, id)`,
  `CREATE INDEX alarm_of_assignee ON alarm (tenant, assignee, raise_noticed_at, id) WHERE assignee IS NOT NULL`,
  `CREATE INDEX alarm_cleared ON alarm (clear_noticed_at) WHERE condition = 'cleared'`,
  `CREATE TABLE alarm_entry (
     tenant text COLLATE "C" NOT NULL,
     alarm uuid NOT NULL,
     version integer NOT NULL,
     kind text NOT NULL,
     at timestamptz NOT NULL,
     by text,
     text text,
     CONSTRAINT alarm_entry_pk PRIMARY KEY (tenant, alarm, version),
     CONSTRAINT alarm_entry_alarm_fk FOREIGN KEY (tenant, alarm) REFERENCES alarm (tenant, id) ON DELETE CASCADE)`,
  `CREATE TABLE flapping (
     tenant text COLLATE "C" NOT NULL,
     rule text COLLATE "C" NOT NULL,
     device text COLLATE "C" NOT NULL,
     recent integer NOT NULL,
     count smallint NOT NULL,
     flapping boolean NOT NULL,
     changed_at timestamptz,
     settles_at timestamptz,
     touched_at timestamptz NOT NULL,
     CONSTRAINT flapping_pk PRIMARY KEY (tenant, rule, device))`,
  `CREATE INDEX flapping_settles ON flapping (settles_at) WHERE settles_at IS NOT NULL`,
  `CREATE INDEX flapping_touched ON flapping (touched_at)`,
];

export class Alarms1795783600000 implements MigrationInterface {
  readonly name = 'Alarms1795783600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flapping, alarm_entry, alarm');
  }
}
