import { Check, Column, Entity, Index, PrimaryColumn, type ValueTransformer } from 'typeorm';
import type { Envelope } from '../domain/manifests/envelope.js';
import type { ReleaseDefinition, ReleaseState, Trust } from '../domain/releases/release.js';

/** pg hands bigint over as text; counters stay below 2^53. */
const counterAsNumber: ValueTransformer = {
  to: (value: number | null | undefined) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

@Entity({ name: 'release' })
@Check('release_state', `state IN ('draft', 'published', 'revoked')`)
@Check('release_trust', `trust IN ('signed', 'unsigned', 'untrusted')`)
@Index('release_published_version', ['tenant', 'profile', 'canonicalVersion'], {
  unique: true,
  where: `state = 'published'`,
})
@Index('release_profile', ['tenant', 'profile', 'release'])
export class ReleaseEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'release_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'release_pk' })
  release!: string;

  @Column({ type: 'integer' })
  revision!: number;

  @Column({ type: 'text' })
  state!: ReleaseState;

  /** As the definition says, for lists. */
  @Column({ type: 'text', collation: 'C' })
  profile!: string;

  /** Of the definition's version: the same for two that are neither newer. */
  @Column({ name: 'canonical_version', type: 'text', collation: 'C' })
  canonicalVersion!: string;

  /** `json`, so that it is answered in the order in which it was written. */
  @Column({ type: 'json' })
  definition!: ReleaseDefinition;

  @Column({ type: 'json', nullable: true })
  manifest!: Envelope | null;

  /** Every key that the envelope names. */
  @Column({ type: 'text', array: true })
  signers!: string[];

  @Column({ name: 'release_counter', type: 'bigint', nullable: true, transformer: counterAsNumber })
  releaseCounter!: number | null;

  @Column({ name: 'manifest_expires_at', type: 'timestamptz', nullable: true })
  manifestExpiresAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  trust!: Trust | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy!: string;

  @Column({ name: 'published_at', type: 'timestamptz', nullable: true })
  publishedAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  @Column({ name: 'revocation_reason', type: 'text', nullable: true })
  revocationReason!: string | null;
}

/** How many releases a tenant has; the lock of every change of its releases, keys and policies. */
@Entity({ name: 'release_usage' })
export class ReleaseUsageEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'release_usage_pk' })
  tenant!: string;

  @Column({ type: 'integer' })
  releases!: number;
}
