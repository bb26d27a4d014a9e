import type { KnownDevice } from '../../persistence/device-recall.repository.js';

/** What this member holds of a partition between batches; everything in it can be read again from the database. */
export interface PartitionMemory {
  readonly topic: string;
  readonly partition: number;
  /** Where the stored position is; null = nothing stored yet. */
  position: bigint | null;
  /** After a failure nobody knows whether the last batch is stored: the position is read again first. */
  unsure: boolean;
  readonly devices: Map<number, KnownDevice>;
  /** Settles when the batch before is done: a partition is never worked on twice at a time. */
  busy: Promise<void>;
}

/** Above this, memory starts again from nothing: 24 partitions of it are some hundred megabytes. */
const maxDevices = 50_000;

export class PartitionMemories {
  private readonly memories = new Map<string, PartitionMemory>();

  start(topic: string, partition: number, position: bigint | null): void {
    this.memories.set(`${topic}/${partition}`, {
      topic,
      partition,
      position,
      unsure: false,
      devices: new Map(),
      busy: Promise.resolve(),
    });
  }

  find(topic: string, partition: number): PartitionMemory | undefined {
    const memory = this.memories.get(`${topic}/${partition}`);
    if (memory !== undefined && memory.devices.size > maxDevices) memory.devices.clear();
    return memory;
  }
}
