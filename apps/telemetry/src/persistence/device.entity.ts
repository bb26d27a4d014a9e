import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Which device an index stands for, and what was counted for it. A device that was registered anew has a new index. */
@Entity({ name: 'device' })
@Index('device_by_name', ['tenant', 'device'])
export class DeviceEntity {
  @PrimaryColumn({ type: 'bigint' })
  index!: string;

  @Column({ type: 'text' })
  tenant!: string;

  @Column({ type: 'text' })
  device!: string;

  /** Bits of the retention classes in which the device has measurements. */
  @Column({ type: 'smallint' })
  classes!: number;

  @Column({ type: 'bigint', default: 0 })
  stored!: string;

  @Column({ type: 'bigint', default: 0 })
  duplicates!: string;

  @Column({ type: 'bigint', default: 0 })
  conflicts!: string;

  @Column({ type: 'bigint', default: 0 })
  expired!: string;

  /** Measurements that the profile wants evaluated and never stored; copies of them included. */
  @Column({ name: 'evaluate_only', type: 'bigint', default: 0 })
  evaluateOnly!: string;

  /** Measurements of which every value was discarded by a filter; they are not among the stored ones. */
  @Column({ type: 'bigint', default: 0 })
  filtered!: string;

  /** Values that filters discarded, those of discarded measurements included. */
  @Column({ name: 'filtered_values', type: 'bigint', default: 0 })
  filteredValues!: string;

  /** Of the latest report that said it. */
  @Column({ type: 'text', nullable: true })
  profile!: string | null;

  /** Of the telemetry topic; the key decides it. Null until a report has come since versions that note it. */
  @Column({ type: 'integer', nullable: true })
  partition!: number | null;

  /** How many of the stored ones came from writers that mark what is to be rolled up. */
  @Column({ type: 'bigint', default: 0 })
  marked!: string;
}
