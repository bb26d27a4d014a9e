import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import type { Metrics, RetentionClass, StoragePolicy, UnknownMetricRule } from '../domain/profile.js';
import { bigintAsNumber } from './numeric-column.js';
import { TenantEntity } from './tenant.entity.js';

@Entity({ name: 'profile' })
@ForeignKey(() => TenantEntity, ['tenant'], ['tenant'], { name: 'profile_tenant_fk' })
export class ProfileEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'profile_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'profile_pk' })
  profile!: string;

  @Column({ name: 'expected_report_interval_ms', type: 'bigint', transformer: bigintAsNumber })
  expectedReportIntervalMs!: number;

  @Column({ type: 'jsonb' })
  metrics!: Metrics;

  @Column({ name: 'unknown_metrics', type: 'text' })
  unknownMetrics!: UnknownMetricRule;

  @Column({ name: 'retention_class', type: 'text' })
  retentionClass!: RetentionClass;

  @Column({ type: 'text', nullable: true })
  storage!: StoragePolicy | null;

  @Column({ name: 'late_after_ms', type: 'bigint', nullable: true, transformer: bigintAsNumber })
  lateAfterMs!: number | null;

  @Column({ name: 'lateness_ms', type: 'bigint', nullable: true, transformer: bigintAsNumber })
  latenessMs!: number | null;

  @Column({ name: 'auto_activate', type: 'boolean' })
  autoActivate!: boolean;

  @Column({ type: 'jsonb' })
  metadata!: Record<string, unknown>;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
