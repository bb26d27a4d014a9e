import { randomUUID } from 'node:crypto';
import { dataQualityMeasuredV1 } from '@myelin/contracts';
import { isRetryable } from '@myelin/kernel';
import { type EventBatch, type PositionStore, sampledRecords } from '@myelin/messaging';
import { myelinAttributes } from '@myelin/observability';
import { inTransaction } from '@myelin/persistence';
import type { Context } from '@opentelemetry/api';
import type { DataSource, EntityManager } from 'typeorm';
import type { CausedTransition } from '../../alarms/caused-transition.js';
import { EvaluationError } from '../../domain/evaluation/evaluation.errors.js';
import type { PassedRounds } from '../../domain/evaluation/open-rounds.js';
import { PartitionEvaluator } from '../../domain/evaluation/partition-evaluator.js';
import type { Transition } from '../../domain/evaluation/transition.js';
import { isAboutSilence } from '../../domain/rules/parse-condition.js';
import type { Fleet, FleetChange } from '../../domain/fleet/fleet.js';
import {
  type PartitionName,
  claimCheckpoints,
  deviceMemories,
  holdPartition,
  storeCheckpoint,
} from '../../persistence/checkpoints.repository.js';
import { contributeRounds } from '../../persistence/peer-rounds.repository.js';
import { Gate } from './gate.js';
import { type Heard, readBatch } from './read-batch.js';

const qualityTopic = dataQualityMeasuredV1.topic.name;

/** Where the records of a topic's devices are. */
export interface Placing {
  /** Of the topic. */
  readonly partitions: number;
  readonly partitionOf: (key: string) => number;
}

export interface EvaluationSettings {
  /** Between two checkpoints of a partition: what has to be evaluated again after a restart. */
  readonly checkpointEveryMs: number;
  /**
   * Makes alarms of what was found, in the order in which it was found; may be called again with the same. What it returns is
   * called once the transaction is committed.
   */
  readonly apply: (tx: EntityManager, found: readonly CausedTransition[]) => Promise<() => void>;
  /** Resolves when rules and devices are known: before that, what is remembered of them would be forgotten. */
  readonly fleetIsKnown: () => Promise<void>;
  readonly placing: (topic: string) => Promise<Placing>;
}

interface EvaluatedPartition extends PartitionName {
  /** Of this taking over among all that ever were. */
  readonly owner: string;
  readonly evaluator: PartitionEvaluator;
  /** Of the topic. */
  readonly partitions: number;
  /** Of the next record to evaluate. */
  nextOffset: bigint | null;
  /** Found, and not known to be applied. */
  found: CausedTransition[];
  /** Rounds of peers that are over here, the same. */
  passed: PassedRounds[];
  checkpointDueMs: number;
}

/**
 * Evaluates rules over the partitions of the telemetry topic that this member owns. What rules remember is stored from time to
 * time, with the position that it belongs to; after a restart, what came behind it is evaluated again and finds the same.
 */
export class EvaluateRulesHandler implements PositionStore {
  private readonly partitions = new Map<string, EvaluatedPartition>();
  private readonly gate = new Gate();
  /** Where measurements of a device are; nothing before any partition of theirs is here. */
  private partitionOf: (key: string) => EvaluatedPartition | undefined = () => undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly fleet: Fleet,
    private readonly settings: EvaluationSettings,
  ) {}

  /** Takes the partitions over from whoever had them, with what their rules remember. */
  async load(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    await this.settings.fleetIsKnown();
    const { partitions: size, partitionOf } = await this.settings.placing(topic);
    const owner = randomUUID();
    const claimed = await inTransaction(this.dataSource, (tx) => claimCheckpoints(tx, owner, topic, partitions));
    await this.gate.closeFor(async () => {
      for (const [partition, { nextOffset, memory }] of claimed) {
        const evaluator = new PartitionEvaluator(this.fleet, topic === qualityTopic ? 'quality' : 'measurements');
        if (memory !== null) evaluator.recallPartition(memory);
        for await (const [key, device] of deviceMemories(this.dataSource.manager, { topic, partition }))
          evaluator.recall(key, device);
        this.partitions.set(nameOf({ topic, partition }), {
          ...{ topic, partition, partitions: size, owner, evaluator, nextOffset, found: [], passed: [] },
          checkpointDueMs: performance.now() + this.settings.checkpointEveryMs * spread(partition),
        });
      }
      if (topic === qualityTopic) return;
      this.partitionOf = (key) => this.partitions.get(nameOf({ topic, partition: partitionOf(key) }));
      this.meet(this.fleet.expectedToSpeak());
    });
    return new Map([...claimed].flatMap(([partition, { nextOffset: at }]) => (at === null ? [] : [[partition, at]])));
  }

  /** @throws PoisonRecord, or an EvaluationError that is retryable */
  async evaluate(batch: EventBatch): Promise<void> {
    await this.gate.pass(async () => {
      const partition = this.partitions.get(nameOf(batch));
      if (partition === undefined) throw fenced();
      const heard = readBatch(batch, partition.nextOffset ?? 0n);
      const traced = noteSampled(batch);
      for (const one of heard) this.hear(partition, one, traced.get(one.offset));
      if (batch.nextOffset > (partition.nextOffset ?? -1n)) partition.nextOffset = batch.nextOffset;
      await this.applyFound(partition);
      if (performance.now() >= partition.checkpointDueMs) await this.checkpoint(partition);
    });
  }

  /**
   * Applies changes of the fleet between two batches. What is remembered is stored before, so that nothing which was evaluated
   * under the rules and facts of before is evaluated again under those of now.
   */
  async follow(changes: readonly FleetChange[]): Promise<void> {
    await this.gate.closeFor(async () => {
      this.excuse(changes);
      if (changes.some((change) => this.isAboutRules(change))) await this.storeAll();
      for (const change of changes) this.fleet.apply(change);
      for (const { evaluator } of this.partitions.values()) {
        for (const change of changes) {
          if (change.of === 'rule') evaluator.rulesChanged(change.tenant);
          else if (change.of === 'device') evaluator.refresh(change.key);
        }
      }
      for (const change of changes) this.meet(this.expectedSince(change));
    });
  }

  /** Stores what is remembered of all partitions, for a restart that has nothing to evaluate again. */
  async store(): Promise<void> {
    await this.gate.closeFor(() => this.storeAll());
  }

  /** Silence that was expected until now is no silence later, when nothing says any more that it was. */
  private excuse(changes: readonly FleetChange[]): void {
    const tenants = new Set(
      changes.flatMap((change) =>
        change.of === 'window' && this.fleet.hasWindow(change.key) ? [tenantOf(change.key)] : [],
      ),
    );
    for (const { evaluator } of this.partitions.values()) {
      for (const tenant of tenants) evaluator.excuseAllOf(tenant);
      for (const change of changes)
        if (change.of === 'device' || change.of === 'installation') evaluator.excuse(change.key);
    }
  }

  /** Those that never said anything would not be known here. */
  private meet(keys: Iterable<string>): void {
    for (const key of keys) this.partitionOf(key)?.evaluator.meet(key);
  }

  private *expectedSince(change: FleetChange): Generator<string> {
    if (change.of === 'device') yield change.key;
    if (change.of !== 'rule' || change.to === undefined || !isAboutSilence(change.to.when)) return;
    for (const { device } of this.fleet.concerned(change.tenant, change.to)) yield `${change.tenant}/${device}`;
  }

  private isAboutRules(change: FleetChange): boolean {
    if (change.of === 'rule') return true;
    return this.fleet.rulesOf(tenantOf(change.key)) !== undefined;
  }

  private async storeAll(): Promise<void> {
    for (const partition of this.partitions.values()) {
      partition.evaluator.settle();
      try {
        await this.applyFound(partition);
        await this.checkpoint(partition);
      } catch (error) {
        // What another member has taken over is no longer ours to store.
        if (this.partitions.get(nameOf(partition)) === partition) throw error;
      }
    }
  }

  /** @param cause the record's own trace, where it is sampled */
  private hear({ evaluator, found, passed }: EvaluatedPartition, heard: Heard, cause: Context | undefined): void {
    const sink = (key: string, transition: Transition): void => void found.push({ key, ...transition, cause });
    const onPassed = (rounds: PassedRounds): void => void passed.push(rounds);
    if (heard.kind === 'tick') evaluator.tick(heard.gateway, heard.atMs, sink, onPassed);
    else evaluator.take(heard.key, heard.readings, heard.receivedAtMs, sink);
  }

  private async applyFound(partition: EvaluatedPartition): Promise<void> {
    const { found, passed } = partition;
    if (found.length === 0 && passed.length === 0) return;
    const { committed } = await this.stored(partition, async (tx) => {
      if (!(await holdPartition(tx, partition))) return undefined;
      await contributeRounds(tx, partition, passed);
      return { committed: await this.settings.apply(tx, found) };
    });
    partition.found = [];
    partition.passed = [];
    committed();
  }

  private async checkpoint(partition: EvaluatedPartition): Promise<void> {
    const { evaluator, nextOffset } = partition;
    if (nextOffset === null) return;
    const devices = [...evaluator.changes()];
    try {
      const memory = evaluator.memory();
      const checkpoint = { ...partition, nextOffset, memory, devices };
      await this.stored(partition, async (tx) => ((await storeCheckpoint(tx, checkpoint)) ? checkpoint : undefined));
    } catch (error) {
      evaluator.keepChanged(devices.map(([key]) => key));
      throw error;
    }
    partition.checkpointDueMs = performance.now() + this.settings.checkpointEveryMs;
  }

  /** A failure is never the records' fault: they have been evaluated. @param work undefined when the partition is another's now */
  private async stored<Result extends object>(
    partition: EvaluatedPartition,
    work: (tx: EntityManager) => Promise<Result | undefined>,
  ): Promise<Result> {
    let result: Result | undefined;
    try {
      result = await inTransaction(this.dataSource, work);
    } catch (cause) {
      if (isRetryable(cause)) throw cause;
      throw EvaluationError.retryable('evaluation.not-stored', 'what was evaluated cannot be stored', { cause });
    }
    if (result !== undefined) return result;
    this.partitions.delete(nameOf(partition));
    throw fenced();
  }
}

/** By offset, the traces of the records that are sampled: few, and usually none. */
function noteSampled({ records }: EventBatch): ReadonlyMap<bigint, Context> {
  const contexts = new Map<bigint, Context>();
  for (const { record, span, context } of sampledRecords(records)) {
    contexts.set(record.offset, context);
    const [tenant = '', device = ''] = record.key.split('/', 2);
    // A gateway's tick has a key of another kind.
    if (device !== '') span.setAttributes({ [myelinAttributes.tenant]: tenant, [myelinAttributes.device]: device });
  }
  return contexts;
}

function fenced(): EvaluationError {
  return EvaluationError.retryable('evaluation.partition-fenced', 'another member owns the partition now');
}

function tenantOf(key: string): string {
  return key.split('/', 1)[0] as string;
}

function nameOf({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}

/** Partitions of one member are not all due at the same moment. */
function spread(partition: number): number {
  return ((partition % 8) + 1) / 8;
}
