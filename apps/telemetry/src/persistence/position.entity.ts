import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far a partition is stored, and which member may go on with it. */
@Entity({ name: 'position' })
export class PositionEntity {
  @PrimaryColumn({ type: 'text' })
  topic!: string;

  @PrimaryColumn({ type: 'integer' })
  partition!: number;

  /** Null: claimed, nothing stored yet. */
  @Column({ name: 'next_offset', type: 'bigint', nullable: true })
  nextOffset!: string | null;

  /** Everything that gateways acknowledged up to then is stored, apart from what they are slow to write. */
  @Column({ name: 'received_until', type: 'timestamptz', nullable: true })
  receivedUntil!: Date | null;

  /** The member that loaded the position last; nobody else can move it. */
  @Column({ type: 'uuid' })
  owner!: string;

  /** Hours since the epoch; a writer of this partition marks what it stores of earlier hours in every transaction. */
  @Column({ name: 'open_hour', type: 'integer', default: 0 })
  openHour!: number;
}
