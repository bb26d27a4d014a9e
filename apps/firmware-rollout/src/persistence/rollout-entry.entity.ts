import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What happened to a rollout. */
@Entity({ name: 'rollout_entry' })
export class RolloutEntryEntity {
  @PrimaryColumn({ name: 'rollout_id', type: 'uuid', primaryKeyConstraintName: 'rollout_entry_pk' })
  rolloutId!: string;

  /** Of the rollout, after it. */
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'rollout_entry_pk' })
  version!: number;

  @Column({ type: 'text' })
  kind!: string;

  @Column({ name: 'from_state', type: 'text' })
  from!: string;

  @Column({ name: 'to_state', type: 'text' })
  to!: string;

  @Column({ type: 'integer', nullable: true })
  wave!: number | null;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'text', nullable: true })
  detail!: string | null;

  @Column({ type: 'text', nullable: true })
  actor!: string | null;

  @Column({ type: 'timestamptz' })
  at!: Date;
}
