import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity({ name: 'audit_entry' })
@Index('audit_entry_at', ['at'])
export class AuditEntryEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'audit_entry_pk' })
  tenant!: string;

  /** UUIDv7: also the order. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'audit_entry_pk' })
  id!: string;

  @Column({ type: 'timestamptz' })
  at!: Date;

  @Column({ type: 'text' })
  actor!: string;

  /** `<entity>.<verb>` */
  @Column({ type: 'text' })
  action!: string;

  @Column({ type: 'text' })
  entity!: string;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;
}
