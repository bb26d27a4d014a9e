import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { type Severity } from '../domain/rules/rule.js';
import type { RuleDefinition } from '../domain/rules/parse-rule.js';

@Entity({ name: 'rule' })
@Check('rule_severity', `severity IN ('critical', 'major', 'minor', 'warning', 'info')`)
export class RuleEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'rule_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'rule_pk' })
  rule!: string;

  @Column({ type: 'integer' })
  version!: number;

  /** `json`, so that it is answered in the order in which it was written. */
  @Column({ type: 'json' })
  definition!: RuleDefinition;

  /** As the definition says, for lists. */
  @Column({ type: 'text' })
  severity!: Severity;

  /** As the definition says, for lists. */
  @Column({ type: 'boolean' })
  enabled!: boolean;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy!: string;
}

/** How many rules a tenant has; the lock of every change of them. */
@Entity({ name: 'rule_usage' })
export class RuleUsageEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'rule_usage_pk' })
  tenant!: string;

  @Column({ type: 'integer' })
  rules!: number;
}

/** What was removed, with its last published version: a rule that is made anew goes on counting. */
@Entity({ name: 'removed_rule' })
export class RemovedRuleEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'removed_rule_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'removed_rule_pk' })
  rule!: string;

  @Column({ type: 'integer' })
  version!: number;
}
