import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AssignmentReason, AssignmentState, WorkingState } from '../domain/assignments/assignment.js';

/** A rollout's firmware for one device. At most one of a device is active; an index sees to that. */
@Entity({ name: 'assignment' })
@Index('assignment_device', ['tenant', 'device'])
@Index('assignment_active', ['tenant', 'device'], {
  unique: true,
  where: `state IN ('unconfirmed', 'offered', 'retrieved', 'downloading', 'downloaded', 'installing', 'cancelling')`,
})
@Index('assignment_planned', ['rolloutId', 'wave', 'position'], { where: `state = 'planned'` })
@Index('assignment_due', ['rolloutId', 'dueAt'], { where: 'due_at IS NOT NULL' })
@Check(
  'assignment_state',
  `state IN ('planned', 'unconfirmed', 'offered', 'retrieved', 'downloading', 'downloaded', 'installing', 'cancelling', 'succeeded', 'failed', 'cancelled', 'skipped')`,
)
export class AssignmentEntity {
  @PrimaryColumn({ name: 'rollout_id', type: 'uuid', primaryKeyConstraintName: 'assignment_pk' })
  rolloutId!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'assignment_pk' })
  device!: string;

  @Column({ type: 'text', collation: 'C' })
  tenant!: string;

  @Column({ type: 'integer' })
  wave!: number;

  /** The order within the rollout. */
  @Column({ type: 'integer' })
  position!: number;

  @Column({ type: 'integer' })
  attempt!: number;

  @Column({ name: 'action_id', type: 'integer', nullable: true })
  actionId!: number | null;

  @Column({ name: 'download_only', type: 'boolean' })
  isDownloadOnly!: boolean;

  @Column({ type: 'text' })
  state!: AssignmentState;

  @Column({ type: 'text', nullable: true })
  reason!: AssignmentReason | null;

  @Column({ name: 'resumes_as', type: 'text', nullable: true })
  resumesAs!: WorkingState | null;

  @Column({ name: 'offered_at', type: 'timestamptz', nullable: true })
  offeredAt!: Date | null;

  @Column({ name: 'due_at', type: 'timestamptz', nullable: true })
  dueAt!: Date | null;

  @Column({ name: 'changed_at', type: 'timestamptz' })
  changedAt!: Date;

  @Column({ type: 'integer' })
  version!: number;
}

/** Each attempt that was ever offered, by what the device knows it by. Never taken away: an action id never lives twice. */
@Entity({ name: 'action' })
@Index('action_offered', ['rolloutId', 'offeredAt'])
export class ActionEntity {
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'action_pk' })
  id!: number;

  @Column({ name: 'rollout_id', type: 'uuid' })
  rolloutId!: string;

  @Column({ type: 'text', collation: 'C' })
  tenant!: string;

  @Column({ type: 'text', collation: 'C' })
  device!: string;

  @Column({ name: 'offered_at', type: 'timestamptz' })
  offeredAt!: Date;
}
