import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PartitionMemory } from '../domain/evaluation/partition-evaluator.js';

/** Up to where a partition of the telemetry topic is evaluated in what is stored of its devices. */
@Entity({ name: 'checkpoint' })
export class CheckpointEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'checkpoint_pk' })
  topic!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'checkpoint_pk' })
  partition!: number;

  /** The only member that may move it. */
  @Column({ type: 'uuid' })
  owner!: string;

  /** Null: nothing stored yet. */
  @Column({ name: 'next_offset', type: 'bigint', nullable: true })
  nextOffset!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  memory!: PartitionMemory | null;
}

/** What the rules remember of a device, as of its partition's checkpoint. */
@Entity({ name: 'device_memory' })
export class DeviceMemoryEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'device_memory_pk' })
  topic!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'device_memory_pk' })
  partition!: number;

  /** `<tenant>/<device>` */
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'device_memory_pk' })
  key!: string;

  @Column({ type: 'bytea' })
  memory!: Buffer;
}
