import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import type { Lifecycle } from '../domain/lifecycle.js';
import { bigintAsNumber } from './numeric-column.js';
import { ProfileEntity } from './profile.entity.js';
import { SiteEntity } from './site.entity.js';

@Entity({ name: 'device' })
@Check('device_lifecycle', `lifecycle IN ('created', 'provisioned', 'active', 'suspended', 'quarantined', 'retired')`)
@Unique('device_index_key', ['index'])
@Index('device_profile', ['tenant', 'profile'])
@Index('device_site', ['tenant', 'site', 'index'])
@Index('device_labels', { synchronize: false })
@ForeignKey(() => ProfileEntity, ['tenant', 'profile'], ['tenant', 'profile'], { name: 'device_profile_fk' })
@ForeignKey(() => SiteEntity, ['tenant', 'site'], ['tenant', 'site'], { name: 'device_site_fk' })
export class DeviceEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'device_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'device_pk' })
  device!: string;

  /** From the sequence `device_index`: an unsigned 32-bit number that is never handed out twice. */
  @Column({ name: 'device_index', type: 'bigint', transformer: bigintAsNumber })
  index!: number;

  @Column({ type: 'text', collation: 'C' })
  profile!: string;

  @Column({ type: 'text', collation: 'C', nullable: true })
  site!: string | null;

  @Column({ type: 'text' })
  lifecycle!: Lifecycle;

  @Column({ type: 'jsonb' })
  labels!: Record<string, string>;

  @Column({ type: 'jsonb' })
  metadata!: Record<string, unknown>;

  /** Grows by every published state of this id, also across deletion and new creation. */
  @Column({ type: 'integer' })
  version!: number;

  /** As `version`, of the set of credentials. */
  @Column({ name: 'credentials_version', type: 'integer' })
  credentialsVersion!: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
