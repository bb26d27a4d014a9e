import { Column, Entity, ForeignKey, Index, PrimaryColumn, type ValueTransformer } from 'typeorm';

/** pg hands bigint over as text; sizes stay below 2^53. */
export const sizeAsNumber: ValueTransformer = {
  to: (value: number | undefined) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

@Entity({ name: 'artifact' })
@Index('artifact_by_digest', ['sha256'])
@Index('artifact_listed', ['tenant', 'createdAt', 'sha256'])
@Index('artifact_idle', ['idleSince'])
export class ArtifactEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'artifact_pk' })
  tenant!: string;

  /** Digests are lower-case hex. */
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'artifact_pk' })
  sha256!: string;

  @Column({ type: 'text', collation: 'C' })
  sha1!: string;

  @Column({ type: 'text', collation: 'C' })
  md5!: string;

  /** In bytes. */
  @Column({ type: 'bigint', transformer: sizeAsNumber })
  size!: number;

  /** Of its first upload. */
  @Column({ name: 'file_name', type: 'text' })
  fileName!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  /** The last time that it was uploaded, or that somebody stopped referring to it. */
  @Column({ name: 'idle_since', type: 'timestamptz' })
  idleSince!: Date;
}

/** As long as there is one, the artifact stays. */
@Entity({ name: 'artifact_reference' })
@Index('artifact_reference_holder', ['tenant', 'holder'])
@ForeignKey(() => ArtifactEntity, ['tenant', 'sha256'], ['tenant', 'sha256'], {
  name: 'artifact_reference_artifact_fk',
})
export class ArtifactReferenceEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'artifact_reference_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'artifact_reference_pk' })
  sha256!: string;

  /** Who refers to it, e.g. `release:<slug>`. */
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'artifact_reference_pk' })
  holder!: string;
}

/** A blob that may be without an artifact: put before there is one, or left behind by the last one. */
@Entity({ name: 'artifact_blob' })
@Index('artifact_blob_due', ['dueAt'])
export class ArtifactBlobEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'artifact_blob_pk' })
  sha256!: string;

  /** When to look whether it still is. */
  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt!: Date;
}
