import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from './numeric-column.js';

/** Devices whose published time zone is out of date: written with the cause, worked off in chunks. */
@Entity({ name: 'republication' })
export class RepublicationEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'republication_pk' })
  id!: string;

  @Column({ type: 'text', collation: 'C' })
  tenant!: string;

  /** Null: the devices of the tenant that stand at no site. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  site!: string | null;

  /** Devices up to this index are done. */
  @Column({ name: 'after_index', type: 'bigint', transformer: bigintAsNumber })
  afterIndex!: number;
}
