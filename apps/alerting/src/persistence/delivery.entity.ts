import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { Notification } from '../domain/notifying/notification.js';

/** One notification on its way to one receiver. */
@Entity({ name: 'delivery' })
@Index('delivery_due', ['tenant', 'receiver', 'nextTryAt', 'id'], { where: `state = 'pending' AND NOT waits` })
@Index('delivery_order', ['tenant', 'receiver', 'groupHash', 'notifiedAt', 'sequence'], { where: `state = 'pending'` })
@Index('delivery_claimed', ['tenant', 'receiver'], { where: 'claimed_until IS NOT NULL' })
@Index('delivery_ended', ['endedAt'], { where: 'ended_at IS NOT NULL' })
@Index('delivery_listed', ['tenant', 'createdAt', 'id'])
@Index('delivery_undelivered', ['tenant', 'state', 'createdAt', 'id'], { where: `state <> 'delivered'` })
@Index('delivery_of_alarm', { synchronize: false })
@Check('delivery_state', `state IN ('pending', 'delivered', 'parked')`)
export class DeliveryEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'delivery_pk' })
  id!: string;

  @Column({ type: 'text', collation: 'C' })
  tenant!: string;

  @Column({ type: 'text', collation: 'C' })
  receiver!: string;

  /** SHA-256 of the group's key, which may be too long for an index. */
  @Column({ name: 'group_hash', type: 'text', collation: 'C' })
  groupHash!: string;

  @Column({ name: 'notified_at', type: 'timestamptz' })
  notifiedAt!: Date;

  @Column({ type: 'integer' })
  sequence!: number;

  @Column({ type: 'jsonb' })
  notification!: Notification;

  /** Of what led to it: where its first try goes on from. */
  @Column({ type: 'text', nullable: true })
  traceparent!: string | null;

  @Column({ type: 'text' })
  state!: 'pending' | 'delivered' | 'parked';

  /** An older one of its group has not ended. */
  @Column({ type: 'boolean' })
  waits!: boolean;

  @Column({ type: 'integer' })
  tries!: number;

  @Column({ name: 'next_try_at', type: 'timestamptz' })
  nextTryAt!: Date;

  /** Who tries it now, and until when nobody else does. */
  @Column({ type: 'uuid', nullable: true })
  claim!: string | null;

  @Column({ name: 'claimed_until', type: 'timestamptz', nullable: true })
  claimedUntil!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;
}

/** One try. Without an end its process died, or is still at it: nobody knows whether the receiver has it. */
@Entity({ name: 'delivery_try' })
@ForeignKey(() => DeliveryEntity, ['delivery'], ['id'], { name: 'delivery_try_delivery_fk', onDelete: 'CASCADE' })
@Check('delivery_try_outcome', `outcome IN ('delivered', 'failed', 'refused')`)
export class DeliveryTryEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'delivery_try_pk' })
  delivery!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'delivery_try_pk' })
  try!: number;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  outcome!: 'delivered' | 'failed' | 'refused' | null;

  @Column({ type: 'text', nullable: true })
  error!: string | null;
}
