import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'tenant' })
export class TenantEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'tenant_pk' })
  tenant!: string;

  @Column({ name: 'display_name', type: 'text' })
  displayName!: string;

  /** IANA name. */
  @Column({ name: 'time_zone', type: 'text' })
  timeZone!: string;

  @Column({ name: 'max_devices', type: 'integer' })
  maxDevices!: number;

  @Column({ name: 'messages_per_second', type: 'double precision' })
  messagesPerSecond!: number;

  @Column({ name: 'messages_per_second_per_device', type: 'double precision' })
  messagesPerSecondPerDevice!: number;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}

/** Beside the tenant's row, so that counting devices does not block those who only read its limits. */
@Entity({ name: 'tenant_usage' })
export class TenantUsageEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'tenant_usage_pk' })
  tenant!: string;

  @Column({ type: 'integer' })
  devices!: number;
}
