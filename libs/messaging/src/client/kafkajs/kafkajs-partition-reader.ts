import type { KafkaSettings, MessagingLogger } from '../../settings.js';
import { BrokerFault, type FetchedPartition, type FetchedRecord, type PartitionReader } from '../port.js';
import { faultOfCode } from './broker-fault.js';
import { BrokerSet } from './broker-set.js';
import { type DecodedMessage, fetchedRecord } from './decoded-record.js';
import type { RecordBytes } from './record-bytes.js';

interface OffsetsAnswer {
  readonly responses: readonly {
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly offset: string }[];
  }[];
}

interface FetchAnswer {
  readonly errorCode: number;
  readonly responses: readonly { readonly partitions: readonly PartitionAnswer[] }[];
}

interface PartitionAnswer {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStartOffset: string;
  readonly messages: readonly ((DecodedMessage & { readonly isControlRecord?: boolean }) | RecordBytes)[];
}

const earliest = -2;
const latest = -1;
/** Nothing of ours writes in transactions. */
const readUncommitted = 0;

export class KafkaJsPartitionReader implements PartitionReader {
  private readonly brokers: BrokerSet;

  constructor(settings: KafkaSettings, logger: MessagingLogger | undefined) {
    this.brokers = new BrokerSet(settings, logger);
  }

  connect(): Promise<void> {
    return this.brokers.refresh();
  }

  leaders(topic: string): readonly number[] | undefined {
    return this.brokers.leaders(topic);
  }

  refresh(topics?: readonly string[]): Promise<void> {
    return this.brokers.refresh(topics);
  }

  async ranges(topic: string): Promise<ReadonlyMap<number, { low: bigint; high: bigint }>> {
    const leaders = this.brokers.leaders(topic);
    if (leaders === undefined) throw new BrokerFault('not-leader', `topic ${topic} is not known`);
    const ranges = new Map<number, { low: bigint; high: bigint }>();
    for (const leader of new Set(leaders)) {
      const partitions = leaders.flatMap((of, partition) => (of === leader ? [partition] : []));
      const low = await this.offsets(leader, topic, partitions, earliest);
      const high = await this.offsets(leader, topic, partitions, latest);
      for (const [partition, offset] of low)
        ranges.set(partition, { low: offset, high: high.get(partition) ?? offset });
    }
    return ranges;
  }

  async fetch(
    leader: number,
    topic: string,
    positions: ReadonlyMap<number, bigint>,
    limits: { readonly maxWaitMs: number; readonly maxBytes: number },
  ): Promise<readonly FetchedPartition[]> {
    const partitions = [...positions].map(([partition, offset]) => ({
      partition,
      fetchOffset: String(offset),
      maxBytes: Math.min(limits.maxBytes, 1_048_576),
    }));
    const answer = (await this.brokers.call(leader, 'Fetch', {
      isolationLevel: readUncommitted,
      maxWaitTime: limits.maxWaitMs,
      minBytes: 1,
      maxBytes: limits.maxBytes,
      topics: [{ topic, partitions }],
      rackId: '',
    })) as FetchAnswer;
    const fault = faultOfCode(answer.errorCode);
    if (fault) throw fault;
    return answer.responses.flatMap((response) =>
      response.partitions.map((partition) => fetched(partition, positions.get(partition.partition) ?? 0n)),
    );
  }

  close(): Promise<void> {
    return this.brokers.close();
  }

  private async offsets(
    leader: number,
    topic: string,
    partitions: readonly number[],
    timestamp: number,
  ): Promise<ReadonlyMap<number, bigint>> {
    const answer = (await this.brokers.call(leader, 'ListOffsets', {
      isolationLevel: readUncommitted,
      topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }],
    })) as OffsetsAnswer;
    const offsets = new Map<number, bigint>();
    for (const { partition, errorCode, offset } of answer.responses.flatMap((response) => response.partitions)) {
      const fault = faultOfCode(errorCode);
      if (fault) throw fault;
      offsets.set(partition, BigInt(offset));
    }
    return offsets;
  }
}

function fetched(answer: PartitionAnswer, from: bigint): FetchedPartition {
  const fault = faultOfCode(answer.errorCode);
  const records: FetchedRecord[] = [];
  for (const message of answer.messages) {
    // A fetch starts at the batch that holds the offset, so it may bring earlier records again.
    if (BigInt(message.offset) >= from && message.isControlRecord !== true) records.push(fetchedRecord(message));
  }
  return {
    partition: answer.partition,
    records,
    highWatermark: BigInt(answer.highWatermark),
    lowWatermark: BigInt(answer.lastStartOffset),
    ...(fault ? { fault } : {}),
  };
}
