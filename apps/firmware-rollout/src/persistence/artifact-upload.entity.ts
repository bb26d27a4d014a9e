import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { sizeAsNumber } from './artifact.entity.js';

@Entity({ name: 'artifact_upload' })
@Index('artifact_upload_expired', ['expiresAt'])
export class ArtifactUploadEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'artifact_upload_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'artifact_upload_pk' })
  id!: string;

  @Column({ name: 'file_name', type: 'text' })
  fileName!: string;

  /** That it will have, in bytes. */
  @Column({ type: 'bigint', transformer: sizeAsNumber })
  length!: number;

  /** As its client declared it. */
  @Column({ name: 'expected_sha256', type: 'text', collation: 'C', nullable: true })
  expectedSha256!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  /** The process that writes its bytes, until when nobody else may. */
  @Column({ name: 'held_by', type: 'uuid', nullable: true })
  heldBy!: string | null;

  @Column({ name: 'held_until', type: 'timestamptz', nullable: true })
  heldUntil!: Date | null;

  /** Of the artifact that it became. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  sha256!: string | null;
}
