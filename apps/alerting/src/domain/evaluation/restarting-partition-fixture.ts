import type { DeviceMemory } from './device-evaluator.js';
import { decodeMemory, encodeMemory } from './device-memory-codec.js';
import { PartitionEvaluator, type PartitionMemory, type Surroundings } from './partition-evaluator.js';

/** A partition in one life, or in several: what is remembered is saved, and what came since then is replayed. */
export class RestartingPartition {
  private partition: PartitionEvaluator;
  private readonly saved = new Map<string, Uint8Array>();
  private savedPartition: PartitionMemory | undefined;
  private records: ((to: PartitionEvaluator) => void)[] = [];

  /** @param restarts whether restarts happen; without, the same history in one life */
  constructor(
    private readonly surroundings: Surroundings,
    readonly restarts: boolean,
  ) {
    this.partition = new PartitionEvaluator(surroundings);
  }

  get life(): PartitionEvaluator {
    return this.partition;
  }

  /** Records since everything was saved. */
  get unsaved(): number {
    return this.records.length;
  }

  meet(record: (to: PartitionEvaluator) => void): void {
    record(this.partition);
    this.records.push(record);
  }

  save(): void {
    for (const [of, memory] of this.partition.changes()) {
      if (memory === undefined) this.saved.delete(of);
      else this.saved.set(of, encodeMemory(memory));
    }
    this.savedPartition = this.partition.memory();
    this.records = [];
  }

  restart(): void {
    if (!this.restarts) return;
    this.partition = new PartitionEvaluator(this.surroundings);
    if (this.savedPartition !== undefined) this.partition.recallPartition(this.savedPartition);
    for (const [of, bytes] of this.saved) this.partition.recall(of, decodeMemory(bytes) as DeviceMemory);
    for (const record of this.records) record(this.partition);
  }
}
