import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How well a device reported in an hour: made anew from its rows whenever the hour was touched. */
@Entity({ name: 'data_quality' })
export class DataQualityEntity {
  @PrimaryColumn({ name: 'device_index', type: 'bigint' })
  deviceIndex!: string;

  /** Since the epoch. */
  @Index('data_quality_by_hour')
  @PrimaryColumn({ type: 'integer' })
  hour!: number;

  /** 1, and one more with each change. */
  @Column({ type: 'integer' })
  version!: number;

  @Column({ type: 'bigint' })
  count!: string;

  @Column({ name: 'delay_sum_ms', type: 'bigint' })
  delaySumMs!: string;

  @Column({ name: 'delay_min_ms', type: 'bigint' })
  delayMinMs!: string;

  @Column({ name: 'delay_max_ms', type: 'bigint' })
  delayMaxMs!: string;

  @Column({ name: 'delay_p95_ms', type: 'bigint' })
  delayP95Ms!: string;

  @Column({ type: 'bigint' })
  late!: string;

  @Column({ type: 'bigint' })
  duplicates!: string;

  @Column({ type: 'bigint' })
  conflicts!: string;

  @Column({ name: 'out_of_range', type: 'bigint' })
  outOfRange!: string;

  /** Null when the profile was not known. */
  @Column({ type: 'bigint', nullable: true })
  expected!: string | null;

  @Column({ type: 'bigint', nullable: true })
  missing!: string | null;
}
