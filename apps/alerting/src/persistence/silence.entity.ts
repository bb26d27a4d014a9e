import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { MatcherDefinition } from '../domain/notifying/label-matchers.js';

@Entity({ name: 'silence' })
@Index('silence_open', ['tenant', 'endsAt'])
@Index('silence_ended', ['endsAt'])
export class SilenceEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'silence_pk' })
  tenant!: string;

  /** A UUIDv7: later ones are greater. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'silence_pk' })
  id!: string;

  @Column({ type: 'jsonb' })
  matchers!: readonly MatcherDefinition[];

  @Column({ name: 'starts_at', type: 'timestamptz' })
  startsAt!: Date;

  @Column({ name: 'ends_at', type: 'timestamptz' })
  endsAt!: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ type: 'text' })
  comment!: string;

  /** Of its expressions, in steps per character of a label's value. */
  @Column({ type: 'integer' })
  cost!: number;
}

/** Counts the changes of a tenant's silences, so that a dispatcher sees that there was one; the lock of every change of them. */
@Entity({ name: 'silence_changes' })
export class SilenceChangesEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'silence_changes_pk' })
  tenant!: string;

  @Column({ type: 'integer' })
  version!: number;
}
