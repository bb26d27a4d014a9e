import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a gateway instance said of its load last. */
@Entity({ name: 'gateway_load' })
export class GatewayLoadEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'gateway_load_pk' })
  gateway!: string;

  /** Of its word: milliseconds since the epoch. */
  @Column({ type: 'bigint' })
  version!: string;

  @Column({ name: 'overloaded_until', type: 'timestamptz' })
  overloadedUntil!: Date;
}
