import { randomUUID } from 'node:crypto';
import { gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import type { Clock } from '@myelin/kernel';
import { type EventBatch, PoisonRecord, type PositionStore, isRecordOf } from '@myelin/messaging';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { type MarkedHours, marksFor, noMarkedHours } from '../../domain/hour-marks.js';
import type { Measurement } from '../../domain/measurement.js';
import { type StoredMoment, coldMoments } from '../../domain/cold-days.js';
import { type BatchPlan, planBatch } from '../../domain/plan-batch.js';
import { dayOf, isOver } from '../../domain/retention.js';
import { TelemetryError, poisonCodes } from '../../domain/telemetry.errors.js';
import { withConnection } from '../../persistence/connection.js';
import { type KnownDevice, recallDevices, recallMoments } from '../../persistence/device-recall.repository.js';
import { writePlan } from '../../persistence/measurement.writer.js';
import { ensurePartition } from '../../persistence/partition.repository.js';
import { claimPositions, movePosition, readPosition } from '../../persistence/position.repository.js';
import { reopenDay, thaw } from '../../persistence/segment.repository.js';
import { writeFailure } from './database-failure.js';
import { type DecodedReport, checkKey, decodeReport } from './decode-report.js';
import { PartitionMemories, type PartitionMemory } from './partition-memory.js';

/** Stores batches exactly once: rows, counters and the partition's position in one transaction, the position compared-and-set. */
export class StoreMeasurementsHandler implements PositionStore {
  /** This process among all that ever owned a partition. */
  readonly member = randomUUID();
  private readonly memories = new PartitionMemories();
  private readonly readyPartitions = new Set<string>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly onStored: (plan: BatchPlan, thawed: number) => void = () => undefined,
  ) {}

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
    const work = before.then(() => this.storeNext(batch, memory));
    memory.busy = work.catch(() => undefined);
    await work;
  }

  private async storeNext(batch: EventBatch, memory: PartitionMemory): Promise<void> {
    try {
      await withConnection(this.dataSource, async (client) => {
        if (memory.unsure) await this.readAgain(client, memory);
        if (memory.position !== null && batch.nextOffset <= memory.position) return;
        const reports = this.decode(batch, memory.position ?? 0n);
        await this.recall(client, memory, reports);
        const plan = await this.plan(client, memory, reports);
        const cold = coldMoments(plan, this.clock.nowMs());
        await this.ensurePartitions(client, plan, cold);
        await this.write(client, memory, batch, { plan, cold }, reports);
      });
    } catch (error) {
      if (error instanceof PoisonRecord) throw error;
      memory.unsure = true;
      memory.devices.clear();
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

  private async recall(client: PoolClient, memory: PartitionMemory, reports: readonly DecodedReport[]): Promise<void> {
    const unknown = new Set<number>();
    for (const { deviceIndex } of reports) if (!memory.devices.has(deviceIndex)) unknown.add(deviceIndex);
    if (unknown.size > 0) {
      const found = await recallDevices(client, [...unknown]);
      for (const [index, device] of found) memory.devices.set(index, device);
    }
    for (const report of reports) {
      const device = memory.devices.get(report.deviceIndex);
      if (device === undefined) {
        checkKey(report);
        memory.devices.set(report.deviceIndex, unknownDevice(report.key));
      } else if (device.key !== report.key) {
        throw PoisonRecord.at(report.offset, poisonCodes.deviceTaken, 'the device index belongs to another device');
      }
    }
  }

  /** Only measurements at or before the latest stored ts can meet something stored. */
  private async plan(
    client: PoolClient,
    memory: PartitionMemory,
    reports: readonly DecodedReport[],
  ): Promise<BatchPlan> {
    const measurements = reports.flatMap((report) => report.measurements);
    const late = measurements.filter(
      ({ deviceIndex, tsMs }) => tsMs <= (memory.devices.get(deviceIndex)?.latestTsMs ?? Infinity),
    );
    const classes = late.reduce((bits, { deviceIndex }) => bits | (memory.devices.get(deviceIndex)?.classes ?? 0), 0);
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
    memory: PartitionMemory,
    batch: EventBatch,
    { plan, cold }: { readonly plan: BatchPlan; readonly cold: readonly StoredMoment[] },
    reports: readonly DecodedReport[],
  ): Promise<void> {
    if (batch.signal.aborted) throw aborted();
    const { topic, partition, position: from } = memory;
    const origins = new Map(reports.map(({ deviceIndex, key, profile }) => [deviceIndex, { key, profile, partition }]));
    const receivedUntilMs = batch.records.reduce((latest, record) => Math.max(latest, record.timestampMs), 0);
    await client.query('BEGIN');
    const to = batch.nextOffset;
    const moved = await movePosition(client, { topic, partition, owner: this.member, from, to, receivedUntilMs });
    if (moved === undefined) {
      throw TelemetryError.retryable(
        'telemetry.position-fenced',
        'the position was moved or taken over; nothing is stored',
        {
          details: { topic, partition, expected: String(from) },
        },
      );
    }
    const thawed = cold.length > 0 ? await thaw(client, cold) : 0;
    const markedHours = (index: number): MarkedHours | undefined => memory.devices.get(index)?.markedHours;
    await writePlan(client, plan, origins, marksFor([plan.inserts, plan.seenAgain], markedHours, moved.openHour));
    if (batch.signal.aborted) throw aborted();
    await client.query('COMMIT');
    memory.position = batch.nextOffset;
    for (const row of plan.inserts) {
      const device = memory.devices.get(row.deviceIndex);
      if (device !== undefined && row.tsMs > device.latestTsMs) device.latestTsMs = row.tsMs;
    }
    for (const [index, count] of plan.counts) {
      const device = memory.devices.get(index);
      if (device !== undefined) device.classes |= count.classes;
    }
    this.onStored(plan, thawed);
  }
}

function unknownDevice(key: string): KnownDevice {
  return { key, classes: 0, latestTsMs: Number.NEGATIVE_INFINITY, markedHours: noMarkedHours() };
}

function aborted(): TelemetryError {
  return TelemetryError.retryable('telemetry.batch-aborted', 'the partition was taken away; nothing is stored');
}
