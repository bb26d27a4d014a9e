import { Column, Entity, PrimaryColumn } from 'typeorm';

export type TombstoneKind = 'site' | 'profile' | 'device' | 'maintenance-window' | 'trace-request';

/** The last published versions of a deleted id, so that a new entity of that id goes on from there. */
@Entity({ name: 'tombstone' })
export class TombstoneEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'tombstone_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'tombstone_pk' })
  kind!: TombstoneKind;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'tombstone_pk' })
  id!: string;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ name: 'credentials_version', type: 'integer' })
  credentialsVersion!: number;
}
