import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { TenantEntity } from './tenant.entity.js';

@Entity({ name: 'site' })
@ForeignKey(() => TenantEntity, ['tenant'], ['tenant'], { name: 'site_tenant_fk' })
export class SiteEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'site_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'site_pk' })
  site!: string;

  /** WGS 84 degrees; both or none. */
  @Column({ type: 'double precision', nullable: true })
  lat!: number | null;

  @Column({ type: 'double precision', nullable: true })
  lon!: number | null;

  /** IANA name. */
  @Column({ name: 'time_zone', type: 'text' })
  timeZone!: string;

  @Column({ type: 'jsonb' })
  metadata!: Record<string, unknown>;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
