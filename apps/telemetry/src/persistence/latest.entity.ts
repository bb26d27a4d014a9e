import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The latest measurement per device, set of metric names and retention class. The latest value of one metric is in the latest of the
 * rows that name it, so one row is written per measurement instead of one per metric.
 */
@Entity({ name: 'latest' })
export class LatestEntity {
  @PrimaryColumn({ name: 'device_index', type: 'bigint' })
  deviceIndex!: string;

  /** Identifies the set of names. */
  @PrimaryColumn({ type: 'uuid' })
  shape!: string;

  @PrimaryColumn({ type: 'smallint' })
  class!: number;

  @Column({ type: 'timestamptz' })
  ts!: Date;

  /** -1 when the measurement has none. */
  @Column({ type: 'bigint' })
  seq!: string;

  @Column({ type: 'uuid' })
  fingerprint!: string;

  @Column({ type: 'jsonb' })
  values!: Record<string, unknown>;
}
