import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How a tenant's notifications are routed, as it was put. */
@Entity({ name: 'notification_policy' })
export class NotificationPolicyEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'notification_policy_pk' })
  tenant!: string;

  @Column({ type: 'integer' })
  version!: number;

  /** `json`, so that it is answered in the order in which it was written. */
  @Column({ type: 'json' })
  definition!: object;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy!: string;
}
