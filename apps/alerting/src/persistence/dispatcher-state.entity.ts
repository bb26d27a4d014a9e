import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Alert } from '../domain/notifying/alert.js';
import type { StoredGroup } from '../domain/notifying/group.js';

/** A tenant's dispatcher: the lock of each of its steps, and of what it must not miss: another policy. */
@Entity({ name: 'dispatcher' })
@Index('dispatcher_due', ['dueAt'], { where: 'due_at IS NOT NULL' })
export class DispatcherEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'dispatcher_pk' })
  tenant!: string;

  /** How many steps are stored: what a process remembers of another one is outdated. */
  @Column({ type: 'integer' })
  step!: number;

  /** When it has to look again although nothing has changed. */
  @Column({ name: 'due_at', type: 'timestamptz', nullable: true })
  dueAt!: Date | null;

  /** The process that has it in memory, and until when others leave it alone. */
  @Column({ type: 'uuid', nullable: true })
  owner!: string | null;

  @Column({ name: 'owned_until', type: 'timestamptz', nullable: true })
  ownedUntil!: Date | null;
}

/** An alert that a dispatcher holds. */
@Entity({ name: 'dispatched_alert' })
export class DispatchedAlertEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'dispatched_alert_pk' })
  tenant!: string;

  /** SHA-256 of `key`, which may be too long for an index. */
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'dispatched_alert_pk' })
  hash!: string;

  @Column({ type: 'text' })
  key!: string;

  @Column({ type: 'jsonb' })
  alert!: Alert;
}

/** A group that a dispatcher holds. */
@Entity({ name: 'dispatched_group' })
export class DispatchedGroupEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'dispatched_group_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'dispatched_group_pk' })
  hash!: string;

  @Column({ type: 'text' })
  key!: string;

  @Column({ name: 'group_state', type: 'jsonb' })
  group!: StoredGroup;
}
