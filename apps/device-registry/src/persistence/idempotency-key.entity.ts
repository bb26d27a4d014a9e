import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The answer to a creation, kept so that the same request again gets the same answer. */
@Entity({ name: 'idempotency_key' })
@Index('idempotency_key_created', ['createdAt'])
export class IdempotencyKeyEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'idempotency_key_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'idempotency_key_pk' })
  key!: string;

  @Column({ name: 'request_sha256', type: 'text' })
  requestSha256!: string;

  /** Null only inside the transaction that makes it. */
  @Column({ type: 'json', nullable: true })
  answer!: unknown;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
