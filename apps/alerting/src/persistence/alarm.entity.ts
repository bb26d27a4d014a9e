import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { AlarmCondition, AlarmEntry, ClearReason, Storm } from '../domain/alarms/alarm.js';
import type { Severity } from '../domain/rules/rule.js';

/** One occurrence of a rule's condition at a device, or a storm of them. */
@Entity({ name: 'alarm' })
@Index('alarm_active', ['tenant', 'rule', 'device'], { unique: true, where: `condition = 'active'` })
@Index('alarm_active_of_version', ['tenant', 'rule', 'ruleVersion'], { where: `condition = 'active'` })
@Index('alarm_active_listed', ['tenant', 'raiseNoticedAt', 'id'], { where: `condition = 'active'` })
@Index('alarm_active_of_device', ['tenant', 'device'], { where: `condition = 'active'` })
@Index('alarm_listed', ['tenant', 'raiseNoticedAt', 'id'])
@Index('alarm_of_rule', ['tenant', 'rule', 'raiseNoticedAt', 'id'])
@Index('alarm_of_device', ['tenant', 'device', 'raiseNoticedAt', 'id'])
@Index('alarm_of_site', ['tenant', 'site', 'raiseNoticedAt', 'id'])
@Index('alarm_of_assignee', ['tenant', 'assignee', 'raiseNoticedAt', 'id'], { where: 'assignee IS NOT NULL' })
@Index('alarm_active_storm', ['tenant', 'rule', 'device'], { where: `condition = 'active' AND storm IS NOT NULL` })
@Index('alarm_storm_listed', ['tenant', 'raiseNoticedAt', 'id'], { where: 'storm IS NOT NULL' })
@Index('alarm_active_inhibited', ['tenant', 'inhibitedBy'], {
  where: `condition = 'active' AND inhibited_by IS NOT NULL`,
})
@Index('alarm_active_own', ['tenant', 'rule', 'raiseNoticedAt'], {
  where: `condition = 'active' AND inhibited_by IS NULL`,
})
@Index('alarm_of_storm', ['tenant', 'inhibitedBy', 'raiseNoticedAt', 'id'], { where: 'inhibited_by IS NOT NULL' })
@Index('alarm_cleared', ['clearNoticedAt'], { where: `condition = 'cleared'` })
@Check('alarm_severity', `severity IN ('critical', 'major', 'minor', 'warning', 'info')`)
@Check('alarm_condition', `condition IN ('active', 'cleared')`)
@Check('alarm_clear', `(condition = 'cleared') = (clear_noticed_at IS NOT NULL)`)
export class AlarmEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'alarm_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'alarm_pk' })
  id!: string;

  @Column({ type: 'text', collation: 'C' })
  rule!: string;

  @Column({ name: 'rule_version', type: 'integer' })
  ruleVersion!: number;

  /** Of a storm's alarm, its group's. */
  @Column({ type: 'text', collation: 'C' })
  device!: string;

  @Column({ type: 'text', collation: 'C', nullable: true })
  site!: string | null;

  @Column({ type: 'text', collation: 'C', nullable: true })
  profile!: string | null;

  @Column({ name: 'device_labels', type: 'jsonb' })
  deviceLabels!: Record<string, string>;

  @Column({ type: 'jsonb' })
  labels!: Record<string, string>;

  @Column({ type: 'jsonb' })
  annotations!: Record<string, string>;

  @Column({ type: 'text' })
  severity!: Severity;

  @Column({ type: 'text' })
  condition!: AlarmCondition;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date;

  @Column({ name: 'raised_at', type: 'timestamptz' })
  raisedAt!: Date;

  @Column({ name: 'raise_noticed_at', type: 'timestamptz' })
  raiseNoticedAt!: Date;

  @Column({ name: 'cleared_at', type: 'timestamptz', nullable: true })
  clearedAt!: Date | null;

  @Column({ name: 'clear_noticed_at', type: 'timestamptz', nullable: true })
  clearNoticedAt!: Date | null;

  @Column({ name: 'clear_reason', type: 'text', nullable: true })
  clearReason!: ClearReason | null;

  @Column({ name: 'acknowledged_by', type: 'text', nullable: true })
  acknowledgedBy!: string | null;

  @Column({ name: 'acknowledged_at', type: 'timestamptz', nullable: true })
  acknowledgedAt!: Date | null;

  @Column({ name: 'shelved_until', type: 'timestamptz', nullable: true })
  shelvedUntil!: Date | null;

  @Column({ type: 'text', collation: 'C', nullable: true })
  assignee!: string | null;

  @Column({ type: 'boolean' })
  flapping!: boolean;

  @Column({ name: 'inhibited_by', type: 'uuid', nullable: true })
  inhibitedBy!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  storm!: Storm | null;

  /** Each has an entry. */
  @Column({ type: 'integer' })
  version!: number;
}

/** One change of an alarm. */
@Entity({ name: 'alarm_entry' })
@ForeignKey(() => AlarmEntity, ['tenant', 'alarm'], ['tenant', 'id'], {
  name: 'alarm_entry_alarm_fk',
  onDelete: 'CASCADE',
})
export class AlarmEntryEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'alarm_entry_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'alarm_entry_pk' })
  alarm!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'alarm_entry_pk' })
  version!: number;

  @Column({ type: 'text' })
  kind!: AlarmEntry['kind'];

  @Column({ type: 'timestamptz' })
  at!: Date;

  @Column({ type: 'text', nullable: true })
  by!: string | null;

  @Column({ type: 'text', nullable: true })
  text!: string | null;
}

/**
 * How often a rule's condition changes at a device. Who raises or clears alarms of the two holds this row first: so nobody
 * raises a second one at the same time.
 */
@Entity({ name: 'flapping' })
@Index('flapping_settles', ['settlesAt'], { where: 'settles_at IS NOT NULL' })
@Index('flapping_touched', ['touchedAt'])
export class FlappingEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'flapping_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'flapping_pk' })
  rule!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'flapping_pk' })
  device!: string;

  /** The last looks at the condition, as bits. */
  @Column({ type: 'integer' })
  recent!: number;

  @Column({ type: 'smallint' })
  count!: number;

  @Column({ type: 'boolean' })
  flapping!: boolean;

  /** Event time of the last change. */
  @Column({ name: 'changed_at', type: 'timestamptz', nullable: true })
  changedAt!: Date | null;

  /** When it is over, unless the condition changes before. */
  @Column({ name: 'settles_at', type: 'timestamptz', nullable: true })
  settlesAt!: Date | null;

  @Column({ name: 'touched_at', type: 'timestamptz' })
  touchedAt!: Date;
}
