import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row per kept measurement. Partitioned by class, then by UTC day of `ts`. */
@Entity({ name: 'measurement' })
export class MeasurementEntity {
  @PrimaryColumn({ name: 'device_index', type: 'bigint' })
  deviceIndex!: string;

  @PrimaryColumn({ type: 'timestamptz' })
  ts!: Date;

  @PrimaryColumn({ type: 'uuid' })
  fingerprint!: string;

  @PrimaryColumn({ type: 'smallint' })
  class!: number;

  @Column({ type: 'bigint', nullable: true })
  seq!: string | null;

  /** The earliest copy's. */
  @Column({ name: 'received_at', type: 'timestamptz' })
  receivedAt!: Date;

  /** Copies that came beside the stored one. */
  @Column({ type: 'integer', default: 0 })
  duplicates!: number;

  @Column({ type: 'text', nullable: true })
  boot!: string | null;

  @Column({ name: 'out_of_range', type: 'text', array: true, nullable: true })
  outOfRange!: string[] | null;

  /** Without those that a filter discarded. A measurement that has none left stays as what copies of it are known by. */
  @Column({ type: 'jsonb' })
  values!: Record<string, unknown>;
}
