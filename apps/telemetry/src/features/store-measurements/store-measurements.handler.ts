import { randomUUID } from 'node:crypto';
import { gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import { type Clock, isRetryable } from '@myelin/kernel';
import {
  type EventBatch,
  PoisonRecord,
  type PositionStore,
  type SampledRecord,
  isRecordOf,
  sampledRecords,
} from '@myelin/messaging';
import type { PoolClient } from 'pg';
import { histogram, metrics } from '@myelin/observability';
import type { DataSource } from 'typeorm';
import { type MarkedHours, marksFor, noMarkedHours } from '../../domain/hour-marks.js';
import type { Measurement } from '../../domain/measurement.js';
import { type StoredMoment, coldMoments } from '../../domain/cold-days.js';
import { type BatchPlan, planBatch } from '../../domain/plan-batch.js';
import { dayOf, isOver } from '../../domain/retention.js';
import { TelemetryError, poisonCodes } from '../../domain/telemetry.errors.js';
import { withConnection } from '../../persistence/connection.js';
import { type KnownDevice, recallDevices, recallMoments } from '../../persistence/device-recall.repository.js';
import { type Origin, writePlan } from '../../persistence/measurement.writer.js';
import { ensurePartition } from '../../persistence/partition.repository.js';
import { claimPositions, movePositions, readPosition } from '../../persistence/position.repository.js';
import { reopenDay, thaw } from '../../persistence/segment.repository.js';
import { writeFailure } from './database-failure.js';
import { type DecodedReport, checkKey, decodeReport } from './decode-report.js';
import { GroupCommit, type GroupLimits } from './group-commit.js';
import { PartitionMemories, type PartitionMemory } from './partition-memory.js';
import { type TracedReport, noteOutcomes, tracedReports } from './traced-reports.js';

const storedAfter = histogram(metrics.acceptToStored);

/** A batch on its way into the store. */
interface Work {
  readonly batch: EventBatch;
  readonly memory: PartitionMemory;
  readonly reports: readonly DecodedReport[];
  readonly traced: readonly TracedReport[];
}

const usualGrouping: GroupLimits = { lanes: 4, maxSize: 5_000, maxIntervalMs: 0 };

/**
 * Stores batches exactly once: rows, counters and the positions of their partitions in one transaction, each position
 * compared-and-set. Batches that come about the same time share a transaction.
 */
export class StoreMeasurementsHandler implements PositionStore {
  /** This process among all that ever owned a partition. */
  readonly member = randomUUID();
  private readonly memories = new PartitionMemories();
  private readonly readyPartitions = new Set<string>();
  private readonly groups: GroupCommit<Work>;

  /** @param grouping sizes are in measurements; as many connections are used as there are lanes */
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly onStored: (plan: BatchPlan, thawed: number) => void = () => undefined,
    grouping: GroupLimits = usualGrouping,
  ) {
    this.groups = new GroupCommit((works) => this.storeTogether(works), meetsEveryBatch, grouping);
  }

  /** Claims the partitions for this member: whoever had them cannot write any more. */
  async load(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    try {
      const claimed = await withConnection(this.dataSource, (client) =>
        claimPositions(client, this.member, topic, partitions),
      );
      for (const [partition, position] of claimed) this.memories.start(topic, partition, position);
      return new Map([...claimed].flatMap(([partition, at]) => (at === null ? [] : [[partition, at] as const])));
    } catch (error) {
      throw writeFailure(error);
    }
  }

  async store(batch: EventBatch): Promise<void> {
    const memory = this.memories.find(batch.topic, batch.partition);
    if (memory === undefined) {
      throw TelemetryError.retryable('telemetry.position-fenced', 'this member never loaded the position');
    }
    const before = memory.busy;
    const sampled = sampledRecords(batch.records);
    const work = before.then(() => this.storeNext(batch, memory, sampled));
    memory.busy = work.catch(() => undefined);
    await work;
  }

  private async storeNext(
    batch: EventBatch,
    memory: PartitionMemory,
    sampled: readonly SampledRecord[],
  ): Promise<void> {
    const reports = this.decode(batch, memory.position ?? 0n);
    const size = reports.reduce((sum, { measurements }) => sum + measurements.length, 0);
    await this.groups.add({ batch, memory, reports, traced: tracedReports(reports, sampled) }, size);
    const [oldest] = batch.records;
    if (oldest === undefined || reports.length === 0) return;
    // A batch counts as its oldest: nothing is counted per record here.
    storedAfter.cell().record(Math.max(0, Date.now() - oldest.timestampMs) / 1_000, undefined, reports.length);
  }

  private async storeTogether(works: readonly Work[]): Promise<void> {
    try {
      await withConnection(this.dataSource, async (client) => {
        for (const { memory } of works) if (memory.unsure) await this.readAgain(client, memory);
        const open = works.flatMap((work) => notStoredYet(work));
        if (open.length === 0) return;
        const devices = await this.recall(client, open);
        const plan = await this.plan(client, devices, reportsOf(open));
        const cold = coldMoments(plan, this.clock.nowMs());
        await this.ensurePartitions(client, plan, cold);
        await this.write(client, open, devices, { plan, cold });
      });
    } catch (error) {
      if (error instanceof PoisonRecord) throw error;
      for (const { memory } of works) {
        memory.unsure = true;
        memory.devices.clear();
      }
      this.readyPartitions.clear();
      throw writeFailure(error);
    }
  }

  /** Where the partition stands after a failure; only this member can have moved it. */
  private async readAgain(client: PoolClient, memory: PartitionMemory): Promise<void> {
    const stored = await readPosition(client, memory.topic, memory.partition);
    if (stored?.owner !== this.member) {
      throw TelemetryError.retryable('telemetry.position-fenced', 'another member owns the partition now');
    }
    if ((stored.nextOffset ?? -1n) < (memory.position ?? -1n)) {
      throw TelemetryError.retryable('telemetry.position-conflict', 'the stored position went back', {
        details: { partition: memory.partition, stored: String(stored.nextOffset), expected: String(memory.position) },
      });
    }
    memory.position = stored.nextOffset;
    memory.unsure = false;
  }

  private decode(batch: EventBatch, position: bigint): DecodedReport[] {
    const nowMs = this.clock.nowMs();
    const reports: DecodedReport[] = [];
    for (const record of batch.records) {
      if (record.offset < position || isRecordOf(record, gatewayTickedV1)) continue;
      if (!isRecordOf(record, measurementReportedV1)) continue;
      const report = decodeReport(record, nowMs);
      if (report !== undefined) reports.push(report);
    }
    return reports;
  }

  /** Every device of the batches, as it stands in the memory of its partition. */
  private async recall(client: PoolClient, works: readonly Work[]): Promise<Map<number, KnownDevice>> {
    const unknown = new Set<number>();
    for (const { memory, reports } of works) {
      for (const { deviceIndex } of reports) if (!memory.devices.has(deviceIndex)) unknown.add(deviceIndex);
    }
    const found = unknown.size > 0 ? await recallDevices(client, [...unknown]) : new Map<number, KnownDevice>();
    const devices = new Map<number, KnownDevice>();
    for (const { memory, reports } of works) {
      for (const report of reports) {
        const { deviceIndex } = report;
        let device = memory.devices.get(deviceIndex) ?? found.get(deviceIndex);
        if (device === undefined) {
          checkKey(report);
          device = unknownDevice(report.key);
        }
        memory.devices.set(deviceIndex, device);
        const first = devices.get(deviceIndex) ?? device;
        if (device.key !== report.key || first.key !== report.key) {
          throw PoisonRecord.at(report.offset, poisonCodes.deviceTaken, 'the device index belongs to another device');
        }
        devices.set(deviceIndex, first);
      }
    }
    return devices;
  }

  /** Only measurements at or before the latest stored ts can meet something stored. */
  private async plan(
    client: PoolClient,
    devices: ReadonlyMap<number, KnownDevice>,
    reports: readonly DecodedReport[],
  ): Promise<BatchPlan> {
    const measurements = reports.flatMap((report) => report.measurements);
    const late = measurements.filter(
      ({ deviceIndex, tsMs }) => tsMs <= (devices.get(deviceIndex)?.latestTsMs ?? Infinity),
    );
    const classes = late.reduce((bits, { deviceIndex }) => bits | (devices.get(deviceIndex)?.classes ?? 0), 0);
    const stored = await recallMoments(client, late, classes);
    const nowMs = this.clock.nowMs();
    const isExpired = (one: Measurement): boolean => isOver(dayOf(one.tsMs), one.retentionClass, nowMs);
    const evaluatedOnly = reports.filter(({ evaluateOnly }) => evaluateOnly > 0);
    return planBatch(measurements, stored, isExpired, evaluatedOnly);
  }

  private async ensurePartitions(client: PoolClient, plan: BatchPlan, cold: readonly StoredMoment[]): Promise<void> {
    for (const { retentionClass, tsMs } of [...plan.inserts, ...plan.seenAgain]) {
      await this.ensureOnce(retentionClass, dayOf(tsMs), () => ensurePartition(client, retentionClass, dayOf(tsMs)));
    }
    for (const { retentionClass, tsMs } of cold) {
      const stored = { retentionClass, day: dayOf(tsMs) };
      await this.ensureOnce(retentionClass, stored.day, () => reopenDay(client, stored));
    }
  }

  private async ensureOnce(retentionClass: number, day: number, ensure: () => Promise<void>): Promise<void> {
    const name = `${retentionClass}/${day}`;
    if (this.readyPartitions.has(name)) return;
    await ensure();
    this.readyPartitions.add(name);
  }

  private async write(
    client: PoolClient,
    works: readonly Work[],
    devices: ReadonlyMap<number, KnownDevice>,
    { plan, cold }: { readonly plan: BatchPlan; readonly cold: readonly StoredMoment[] },
  ): Promise<void> {
    assertNoneAborted(works);
    await client.query('BEGIN');
    const openHours = await this.move(client, works);
    const thawed = cold.length > 0 ? await thaw(client, cold) : 0;
    const markedHours = (index: number): MarkedHours | undefined => devices.get(index)?.markedHours;
    // The latest of their open hours: a mark too many costs little, one that is missing would cost the hour.
    const marks = marksFor([plan.inserts, plan.seenAgain], markedHours, Math.max(...openHours));
    await writePlan(client, plan, originsOf(works), marks);
    assertNoneAborted(works);
    await client.query('COMMIT');
    for (const { memory, batch } of works) memory.position = batch.nextOffset;
    for (const row of plan.inserts) {
      const device = devices.get(row.deviceIndex);
      if (device !== undefined && row.tsMs > device.latestTsMs) device.latestTsMs = row.tsMs;
    }
    for (const [index, count] of plan.counts) {
      const device = devices.get(index);
      if (device !== undefined) device.classes |= count.classes;
    }
    noteOutcomes(
      works.flatMap(({ traced }) => traced),
      plan,
      reportsOf(works),
    );
    this.onStored(plan, thawed);
  }

  /** @returns the open hours of the partitions */
  private async move(client: PoolClient, works: readonly Work[]): Promise<number[]> {
    const moves = works.map(({ batch, memory: { topic, partition, position: from } }) => {
      const receivedUntilMs = batch.records.reduce((latest, record) => Math.max(latest, record.timestampMs), 0);
      return { topic, partition, from, to: batch.nextOffset, receivedUntilMs };
    });
    const moved = await movePositions(client, this.member, moves);
    const missing = moves.find(({ partition }) => !moved.has(partition));
    if (missing === undefined) return [...moved.values()];
    const { topic, partition, from } = missing;
    throw TelemetryError.retryable(
      'telemetry.position-fenced',
      'the position was moved or taken over; nothing is stored',
      { details: { topic, partition, expected: String(from) } },
    );
  }
}

/** Without what the partition's position says is stored; empty when all of it is. */
function notStoredYet({ batch, memory, reports, traced }: Work): Work[] {
  const position = memory.position ?? 0n;
  if (batch.nextOffset <= position) return [];
  const isOpen = ({ offset }: DecodedReport): boolean => offset >= position;
  return [{ batch, memory, reports: reports.filter(isOpen), traced: traced.filter(({ report }) => isOpen(report)) }];
}

function reportsOf(works: readonly Work[]): DecodedReport[] {
  return works.flatMap(({ reports }) => reports);
}

function originsOf(works: readonly Work[]): Map<number, Origin> {
  const origins = new Map<number, Origin>();
  for (const { memory, reports } of works) {
    const { partition } = memory;
    for (const { deviceIndex, key, profile } of reports) origins.set(deviceIndex, { key, profile, partition });
  }
  return origins;
}

/** The database is away, say. What this service itself found concerns a batch. */
function meetsEveryBatch(error: unknown): boolean {
  return isRetryable(error) && !(error instanceof TelemetryError);
}

function assertNoneAborted(works: readonly Work[]): void {
  if (works.some(({ batch }) => batch.signal.aborted)) {
    throw TelemetryError.retryable('telemetry.batch-aborted', 'the partition was taken away; nothing is stored');
  }
}

function unknownDevice(key: string): KnownDevice {
  return { key, classes: 0, latestTsMs: Number.NEGATIVE_INFINITY, markedHours: noMarkedHours() };
}
