import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/** A version of a rule that compares devices with each other: the lock of each round that is judged. Times are event time. */
@Entity({ name: 'peer_comparison' })
export class PeerComparisonEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'peer_comparison_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'peer_comparison_pk' })
  rule!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'peer_comparison_pk' })
  version!: number;

  /** The end of the last round that was judged, in milliseconds since the epoch; null: none was. */
  @Column({ name: 'judged_until_ms', type: 'bigint', nullable: true })
  judgedUntilMs!: string | null;
}

/** Up to which round a partition of the telemetry topic has said everything. */
@Entity({ name: 'peer_progress' })
@ForeignKey(() => PeerComparisonEntity, ['tenant', 'rule', 'version'], ['tenant', 'rule', 'version'], {
  ...{ name: 'peer_progress_fk', onDelete: 'CASCADE' },
})
export class PeerProgressEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'peer_progress_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'peer_progress_pk' })
  rule!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'peer_progress_pk' })
  version!: number;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'peer_progress_pk' })
  partition!: number;

  /** Of the topic, as the partition's evaluator knows it. */
  @Column({ type: 'integer' })
  partitions!: number;

  @Column({ name: 'passed_until_ms', type: 'bigint' })
  passedUntilMs!: string;
}

/** What devices of a partition said in a round, until it is judged. */
@Entity({ name: 'peer_contribution' })
@ForeignKey(() => PeerComparisonEntity, ['tenant', 'rule', 'version'], ['tenant', 'rule', 'version'], {
  ...{ name: 'peer_contribution_fk', onDelete: 'CASCADE' },
})
export class PeerContributionEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'peer_contribution_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'peer_contribution_pk' })
  rule!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'peer_contribution_pk' })
  version!: number;

  @PrimaryColumn({ name: 'ends_at_ms', type: 'bigint', primaryKeyConstraintName: 'peer_contribution_pk' })
  endsAtMs!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'peer_contribution_pk' })
  partition!: number;

  /** Of each cohort and time zone the devices and their values. */
  @Column({ type: 'json' })
  groups!: readonly ContributedGroup[];
}

export interface ContributedGroup {
  readonly cohort: string;
  readonly timeZone: string;
  readonly devices: readonly string[];
  /** In the order of the devices. */
  readonly values: readonly number[];
}

/** What is remembered of a device between two rounds; of most there is nothing. */
@Entity({ name: 'peer_standing' })
@ForeignKey(() => PeerComparisonEntity, ['tenant', 'rule', 'version'], ['tenant', 'rule', 'version'], {
  ...{ name: 'peer_standing_fk', onDelete: 'CASCADE' },
})
export class PeerStandingEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'peer_standing_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'peer_standing_pk' })
  rule!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'peer_standing_pk' })
  version!: number;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'peer_standing_pk' })
  device!: string;

  /** The end of the last round in which it said something. */
  @Column({ name: 'last_ms', type: 'bigint' })
  lastMs!: string;

  @Column({ type: 'float8', array: true })
  slots!: number[];
}
