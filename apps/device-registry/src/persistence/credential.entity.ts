import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { DeviceEntity } from './device.entity.js';

@Entity({ name: 'credential' })
@Index('credential_device', ['tenant', 'device'])
@Index('credential_end', ['notAfter'], { where: 'revoked_at IS NULL AND dropped_at IS NULL' })
@ForeignKey(() => DeviceEntity, ['tenant', 'device'], ['tenant', 'device'], {
  name: 'credential_device_fk',
  onDelete: 'CASCADE',
})
export class CredentialEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'credential_pk' })
  id!: string;

  @Column({ type: 'text', collation: 'C' })
  tenant!: string;

  @Column({ type: 'text', collation: 'C' })
  device!: string;

  /** SHA-256 of the secret, base64url. The secret itself is nowhere. */
  @Column({ name: 'secret_sha256', type: 'text' })
  secretSha256!: string;

  @Column({ name: 'not_before', type: 'timestamptz' })
  notBefore!: Date;

  @Column({ name: 'not_after', type: 'timestamptz', nullable: true })
  notAfter!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  /** When the published set was made anew without this credential because its time was over. */
  @Column({ name: 'dropped_at', type: 'timestamptz', nullable: true })
  droppedAt!: Date | null;
}
