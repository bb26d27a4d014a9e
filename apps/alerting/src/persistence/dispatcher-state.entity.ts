import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Alert } from '../domain/notifying/alert.js';
import type { StoredGroup } from '../domain/notifying/group.js';

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
