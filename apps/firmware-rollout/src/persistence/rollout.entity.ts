import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { CancelCause } from '../domain/assignments/assignment.js';
import type { ReleaseDemands } from '../domain/rollouts/find-obstacle.js';
import type { RolloutDefinition } from '../domain/rollouts/rollout-definition.js';
import type { PauseReason, RolloutState, WaveState } from '../domain/rollouts/rollout.js';

@Entity({ name: 'rollout' })
@Unique('rollout_id', ['id'])
@Index('rollout_at_work', ['id'], { where: `state IN ('running', 'paused', 'aborting')` })
@Check(
  'rollout_state',
  `state IN ('draft', 'waiting-for-approval', 'running', 'paused', 'aborting', 'aborted', 'succeeded')`,
)
export class RolloutEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'rollout_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'rollout_pk' })
  rollout!: string;

  /** What its assignments, its waves and its history know it by. */
  @Column({ type: 'uuid' })
  id!: string;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ type: 'text' })
  state!: RolloutState;

  /** As it was written. */
  @Column({ type: 'jsonb' })
  definition!: RolloutDefinition;

  /** What its release asks of devices, as of its start; null before. */
  @Column({ type: 'jsonb', nullable: true })
  demands!: ReleaseDemands | null;

  @Column({ type: 'integer' })
  weight!: number;

  @Column({ name: 'paused_reason', type: 'text', nullable: true })
  pausedReason!: PauseReason | null;

  @Column({ name: 'paused_detail', type: 'text', nullable: true })
  pausedDetail!: string | null;

  @Column({ name: 'abort_cause', type: 'text', nullable: true })
  abortCause!: CancelCause | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt!: Date | null;

  @Column({ name: 'started_by', type: 'text', nullable: true })
  startedBy!: string | null;

  @Column({ name: 'approved_by', type: 'text', nullable: true })
  approvedBy!: string | null;

  /** The trace of the last change that somebody asked for: waves that start later are linked to it. */
  @Column({ type: 'text', nullable: true })
  traceparent!: string | null;

  /** What the engine found it to wait for, in words. */
  @Column({ name: 'waits_for', type: 'jsonb' })
  waitsFor!: readonly string[];

  /** Up to which change of devices it has looked at who joins it; with the device in it. See `rollout-joins.repository.ts`. */
  @Column({ name: 'looked_in', type: 'bigint', default: 0 })
  lookedIn!: string;

  @Column({ name: 'looked_device', type: 'text', collation: 'C', default: '' })
  lookedDevice!: string;
}

@Entity({ name: 'rollout_wave' })
@Check('rollout_wave_state', `state IN ('pending', 'running', 'soaking', 'done')`)
export class WaveEntity {
  @PrimaryColumn({ name: 'rollout_id', type: 'uuid', primaryKeyConstraintName: 'rollout_wave_pk' })
  rolloutId!: string;

  /** From 0 on. */
  @PrimaryColumn({ name: 'wave', type: 'integer', primaryKeyConstraintName: 'rollout_wave_pk' })
  index!: number;

  /** As it was planned, and those who joined it later. */
  @Column({ type: 'integer' })
  devices!: number;

  @Column({ type: 'text' })
  state!: WaveState;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt!: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  @Column({ name: 'done_at', type: 'timestamptz', nullable: true })
  doneAt!: Date | null;

  @Column({ name: 'approved_by', type: 'text', nullable: true })
  approvedBy!: string | null;

  @Column({ name: 'advanced_by', type: 'text', nullable: true })
  advancedBy!: string | null;

  @Column({ name: 'excused_succeeded', type: 'integer', nullable: true })
  excusedSucceeded!: number | null;

  @Column({ name: 'excused_unsuccessful', type: 'integer', nullable: true })
  excusedUnsuccessful!: number | null;

  /** The trace of its beginning: where what its first devices are told goes on. */
  @Column({ type: 'text', nullable: true })
  traceparent!: string | null;
}
