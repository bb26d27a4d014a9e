import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { SigningAlgorithm, SigningKeyState } from '../domain/manifests/signing-key.js';

@Entity({ name: 'signing_key' })
@Check('signing_key_algorithm', `algorithm IN ('ed25519', 'ecdsa-p256')`)
@Check('signing_key_state', `state IN ('active', 'retired', 'revoked')`)
export class SigningKeyEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'signing_key_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'signing_key_pk' })
  keyid!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  algorithm!: SigningAlgorithm;

  @Column({ name: 'public_key', type: 'text' })
  publicKey!: string;

  @Column({ type: 'text' })
  state!: SigningKeyState;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  /** When it was retired or revoked, the latter if both. */
  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  @Column({ name: 'ended_by', type: 'text', nullable: true })
  endedBy!: string | null;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;
}
