import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { TenantEntity } from './tenant.entity.js';

/** One per device; a device that is deleted meanwhile leaves it to its end. */
@Entity({ name: 'trace_request' })
@Index('trace_request_open', ['tenant', 'until'])
@Index('trace_request_ended', ['until'])
@ForeignKey(() => TenantEntity, ['tenant'], ['tenant'], { name: 'trace_request_tenant_fk' })
export class TraceRequestEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'trace_request_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'trace_request_pk' })
  device!: string;

  /** Not part of it. */
  @Column({ name: 'ends_at', type: 'timestamptz' })
  until!: Date;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  /** Who made it or made it anew. */
  @Column({ type: 'text' })
  actor!: string;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
