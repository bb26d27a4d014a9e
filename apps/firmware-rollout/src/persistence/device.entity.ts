import type { Lifecycle } from '@myelin/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the registry says of a device, as far as this service has followed it. One that was deleted stays, with its last version. */
@Entity({ name: 'device' })
export class DeviceEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'device_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'device_pk' })
  device!: string;

  /** Of the registry's record. */
  @Column({ type: 'integer' })
  version!: number;

  /** `deleted` when the registry has no record of it any more. */
  @Column({ type: 'text' })
  lifecycle!: Lifecycle | 'deleted';

  @Column({ type: 'text' })
  profile!: string;

  @Column({ type: 'text', nullable: true })
  site!: string | null;

  /** IANA name. */
  @Column({ name: 'time_zone', type: 'text', nullable: true })
  timeZone!: string | null;

  @Column({ type: 'jsonb' })
  labels!: Readonly<Record<string, string>>;

  @Column({ type: 'jsonb' })
  metadata!: Readonly<Record<string, unknown>>;
}
