import type { Lifecycle } from '@myelin/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What the registry says of a device, as far as this service has followed it. One that was deleted stays, with its last version. */
@Entity({ name: 'device' })
@Index('device_changed', ['tenant', 'changedIn', 'device'])
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

  /** Number of the transaction that wrote it last; see `rollout-joins.repository.ts`. TypeORM reads defaults without their casts. */
  @Column({ name: 'changed_in', type: 'bigint', default: () => '((pg_current_xact_id()))' })
  changedIn!: string;
}
