import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { HistoryAction } from '../domain/releases/history.js';

@Entity({ name: 'release_history' })
export class ReleaseHistoryEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'release_history_pk' })
  tenant!: string;

  /** `<kind>:<id>` */
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'release_history_pk' })
  entity!: string;

  /** UUIDv7: also the order. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'release_history_pk' })
  id!: string;

  @Column({ type: 'timestamptz' })
  at!: Date;

  @Column({ type: 'text' })
  actor!: string;

  @Column({ type: 'text' })
  action!: HistoryAction;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;
}
