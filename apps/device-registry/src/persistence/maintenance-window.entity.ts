import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { DeviceScope } from '../domain/device-scope.js';
import { TenantEntity } from './tenant.entity.js';

@Entity({ name: 'maintenance_window' })
@Check('maintenance_window_period', 'ends_at >= starts_at')
@Index('maintenance_window_start', ['tenant', 'from', 'window'])
@Index('maintenance_window_open', ['tenant', 'until'])
@Index('maintenance_window_ended', ['until'])
@ForeignKey(() => TenantEntity, ['tenant'], ['tenant'], { name: 'maintenance_window_tenant_fk' })
export class MaintenanceWindowEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'maintenance_window_pk' })
  tenant!: string;

  // WINDOW and FROM are words of SQL: as columns they would have to be quoted.
  @PrimaryColumn({ name: 'window_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'maintenance_window_pk' })
  window!: string;

  @Column({ type: 'jsonb' })
  scope!: DeviceScope;

  @Column({ name: 'starts_at', type: 'timestamptz' })
  from!: Date;

  /** Not part of it. */
  @Column({ name: 'ends_at', type: 'timestamptz' })
  until!: Date;

  @Column({ type: 'text' })
  reason!: string;

  /** Who made it or changed it last. */
  @Column({ type: 'text' })
  actor!: string;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
