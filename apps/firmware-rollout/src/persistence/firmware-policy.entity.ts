import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'firmware_policy' })
@Check('firmware_policy_unsigned', `unsigned IN ('refused', 'accepted')`)
@Check('firmware_policy_threshold', 'threshold BETWEEN 1 AND 5')
export class FirmwarePolicyEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'firmware_policy_pk' })
  tenant!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'firmware_policy_pk' })
  profile!: string;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ type: 'text' })
  unsigned!: 'refused' | 'accepted';

  @Column({ type: 'integer' })
  threshold!: number;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy!: string;
}
