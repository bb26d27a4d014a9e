import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What happened to an assignment. */
@Entity({ name: 'assignment_entry' })
export class AssignmentEntryEntity {
  @PrimaryColumn({ name: 'rollout_id', type: 'uuid', primaryKeyConstraintName: 'assignment_entry_pk' })
  rolloutId!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'assignment_entry_pk' })
  device!: string;

  /** Of the assignment, after it. */
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'assignment_entry_pk' })
  version!: number;

  @Column({ type: 'integer' })
  attempt!: number;

  @Column({ name: 'action_id', type: 'integer', nullable: true })
  actionId!: number | null;

  @Column({ type: 'text' })
  kind!: string;

  @Column({ type: 'text', nullable: true })
  report!: string | null;

  @Column({ name: 'from_state', type: 'text' })
  from!: string;

  @Column({ name: 'to_state', type: 'text' })
  to!: string;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'text', nullable: true })
  actor!: string | null;

  /** The device's own number for what happened to it. */
  @Column({ type: 'integer', nullable: true })
  code!: number | null;

  /** The device's own words, in their order. */
  @Column({ type: 'jsonb' })
  messages!: readonly string[];

  @Column({ type: 'timestamptz' })
  at!: Date;
}
