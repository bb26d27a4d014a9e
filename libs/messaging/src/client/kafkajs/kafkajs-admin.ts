import type { Admin } from 'kafkajs';
import { Backoff } from '../../backoff.js';
import type {
  ClusterState,
  GroupState,
  KafkaAdmin,
  PartitionLag,
  PartitionRange,
  TopicChanges,
  TopicState,
} from '../../administration/kafka-admin.js';
import type { TopicPlan } from '../../administration/topic-plan.js';
import { MessagingError } from '../../messaging.errors.js';
import { type KafkaSettings, type MessagingLogger, logicalName, wireName } from '../../settings.js';
import { BrokerFault } from '../port.js';
import { faultOf } from './broker-fault.js';
import { BrokerSet } from './broker-set.js';
import { createKafkaJs } from './connection-options.js';
import { describeTopics } from './describe-topics.js';

/** Every group's protocol type is `consumer`; others (connect, share) are not ours. */
const consumerProtocol = 'consumer';
/** How long the brokers may take to hear of a change of topics. */
const metadataDeadlineMs = 30_000;
const coordinatorDeadlineMs = 10_000;

export class KafkaJsAdmin implements KafkaAdmin {
  private readonly admin: Admin;
  private connecting: Promise<void> | undefined;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly logger: MessagingLogger | undefined,
  ) {
    this.admin = createKafkaJs(settings, logger, 5).admin();
  }

  ensureTopics(topics: readonly TopicPlan[], options: { replicationFactor?: number } = {}): Promise<TopicChanges> {
    return this.use(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const wanted = topics.map((plan) => ({ plan, wire: wireName(this.settings, plan.name) }));
      const missing = wanted.filter(({ wire }) => !existing.has(wire));
      const created = missing.length > 0 && (await this.create(admin, missing, options.replicationFactor ?? -1));
      const there = created ? wanted.filter(({ wire }) => existing.has(wire)) : wanted;
      await this.checkPartitions(admin, there);
      const names = (list: typeof wanted) => list.map(({ plan }) => plan.name);
      return { created: created ? names(missing) : [], unchanged: names(there) };
    });
  }

  private async create(
    admin: Admin,
    missing: readonly { plan: TopicPlan; wire: string }[],
    replicationFactor: number,
  ): Promise<boolean> {
    const created = await admin.createTopics({
      waitForLeaders: false,
      topics: missing.map(({ plan, wire }) => ({
        topic: wire,
        numPartitions: plan.partitions,
        replicationFactor,
        configEntries: Object.entries(plan.config).map(([name, value]) => ({ name, value })),
      })),
    });
    if (created) await this.untilKnown(missing);
    return created;
  }

  /** A creation is answered before every broker has heard of it: who asks another one would be told that there is no such topic. */
  private async untilKnown(wanted: readonly { plan: TopicPlan; wire: string }[]): Promise<void> {
    const brokers = new BrokerSet(this.settings, this.logger);
    const topics = wanted.map(({ wire }) => wire);
    const knownAt = async (nodeId: number): Promise<boolean> => {
      const led = await brokers.leadersAt(nodeId, topics);
      return wanted.every(
        ({ plan, wire }) => led.get(wire)?.filter((leader) => leader >= 0).length === plan.partitions,
      );
    };
    try {
      await untilTrue('created topics are not known to every broker yet', async () => {
        await brokers.refresh(topics);
        const known = await Promise.all(brokers.nodes().map((nodeId) => knownAt(nodeId).catch(ignoreAbsent)));
        return known.every(Boolean);
      });
    } finally {
      await brokers.close();
    }
  }

  /** Another number of partitions would send keys elsewhere: order and joins would break silently. */
  private async checkPartitions(admin: Admin, topics: readonly { plan: TopicPlan; wire: string }[]): Promise<void> {
    if (topics.length === 0) return;
    const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(({ wire }) => wire) });
    for (const { plan, wire } of topics) {
      const count = found.find(({ name }) => name === wire)?.partitions.length;
      if (count === plan.partitions) continue;
      throw MessagingError.permanent(
        'messaging.misconfigured',
        `topic ${plan.name} has ${count ?? 'no'} partitions, its contract says ${plan.partitions}`,
      );
    }
  }

  deleteTopics(topics: readonly string[]): Promise<void> {
    return this.use(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const doomed = topics.map((name) => wireName(this.settings, name)).filter((wire) => existing.has(wire));
      if (doomed.length === 0) return;
      await admin.deleteTopics({ topics: doomed });
      await untilGone(admin, doomed);
    });
  }

  listTopics(): Promise<string[]> {
    return this.use(async (admin) => this.ours(await admin.listTopics()));
  }

  describeCluster(): Promise<ClusterState> {
    return this.use(async (admin) => {
      const { brokers, controller } = await admin.describeCluster();
      return {
        brokers: brokers.map(({ nodeId, host, port }) => ({ nodeId, address: `${host}:${port}` })),
        controllerId: controller === null || controller < 0 ? undefined : controller,
      };
    });
  }

  describeTopics(topics: readonly string[]): Promise<ReadonlyMap<string, TopicState>> {
    return this.use((admin) => describeTopics(admin, this.settings, topics));
  }

  topicOffsets(topic: string): Promise<ReadonlyMap<number, PartitionRange>> {
    return this.use(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(wireName(this.settings, topic));
      return new Map(offsets.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
    });
  }

  partitionLeaders(topic: string): Promise<ReadonlyMap<number, number>> {
    return this.use(async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [wireName(this.settings, topic)] });
      const partitions = topics.flatMap((found) => found.partitions);
      return new Map(partitions.map(({ partitionId, leader }) => [partitionId, leader]));
    });
  }

  offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, bigint>> {
    return this.use(async (admin) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(wireName(this.settings, topic), timestampMs);
      return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
    });
  }

  groupOffsets(group: string): Promise<ReadonlyMap<string, ReadonlyMap<number, bigint>>> {
    return this.use(async (admin) => {
      const answer = await whenCoordinated(() => admin.fetchOffsets({ groupId: wireName(this.settings, group) }));
      const result = new Map<string, ReadonlyMap<number, bigint>>();
      for (const { topic, partitions } of answer) {
        const name = logicalName(this.settings, topic);
        if (name === undefined) continue;
        const committed = partitions.filter(({ offset }) => BigInt(offset) >= 0n);
        result.set(name, new Map(committed.map(({ partition, offset }) => [partition, BigInt(offset)])));
      }
      return result;
    });
  }

  setGroupOffsets(group: string, topic: string, offsets: ReadonlyMap<number, bigint>): Promise<void> {
    const groupId = wireName(this.settings, group);
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    return this.use((admin) =>
      whenCoordinated(() => admin.setOffsets({ groupId, topic: wireName(this.settings, topic), partitions })),
    );
  }

  listGroups(): Promise<string[]> {
    return this.use(async (admin) => {
      const { groups } = await admin.listGroups();
      const consumers = groups.filter(({ protocolType }) => protocolType === consumerProtocol || protocolType === '');
      return this.ours(consumers.map(({ groupId }) => groupId));
    });
  }

  describeGroups(groups: readonly string[]): Promise<ReadonlyMap<string, GroupState>> {
    if (groups.length === 0) return Promise.resolve(new Map());
    const wires = groups.map((group) => wireName(this.settings, group));
    return this.use(async (admin) => {
      const { groups: found } = await whenCoordinated(() => admin.describeGroups(wires));
      return new Map(
        found.map(({ groupId, state, members }) => [
          logicalName(this.settings, groupId) ?? groupId,
          { state, members: members.length },
        ]),
      );
    });
  }

  deleteGroups(groups: readonly string[]): Promise<void> {
    return this.use(async (admin) => {
      if (groups.length > 0) await admin.deleteGroups(groups.map((group) => wireName(this.settings, group)));
    });
  }

  async lag(group: string): Promise<PartitionLag[]> {
    const committed = await this.groupOffsets(group);
    const lags: PartitionLag[] = [];
    for (const [topic, positions] of committed) {
      for (const [partition, { low, high }] of await this.topicOffsets(topic)) {
        const position = positions.get(partition);
        lags.push({ topic, partition, committed: position, lag: high - (position ?? low) });
      }
    }
    return lags;
  }

  deleteRecords(topic: string, before: ReadonlyMap<number, bigint>): Promise<void> {
    return this.use(async (admin) => {
      const wire = wireName(this.settings, topic);
      await admin.fetchTopicMetadata({ topics: [wire] });
      const partitions = [...before].map(([partition, offset]) => ({ partition, offset: String(offset) }));
      await admin.deleteTopicRecords({ topic: wire, partitions });
    });
  }

  async close(): Promise<void> {
    if (this.connecting === undefined) return;
    await this.connecting.catch(() => undefined);
    await this.admin.disconnect();
    this.connecting = undefined;
  }

  private ours(names: readonly string[]): string[] {
    return names.map((name) => logicalName(this.settings, name)).filter((name) => name !== undefined);
  }

  private async use<Result>(work: (admin: Admin) => Promise<Result>): Promise<Result> {
    try {
      this.connecting ??= this.admin.connect();
      await this.connecting;
      return await work(this.admin);
    } catch (error) {
      if (error instanceof MessagingError) throw error;
      this.forgetFailedConnection();
      throw asMessagingError(error);
    }
  }

  private forgetFailedConnection(): void {
    this.connecting?.catch(() => (this.connecting = undefined));
  }
}

/** A broker that is away misleads nobody. */
function ignoreAbsent(error: unknown): boolean {
  if ((error as BrokerFault).kind === 'unavailable') return true;
  throw error;
}

/** A deletion is answered before every broker has heard of it; the same name could not be created again until then. */
function untilGone(admin: Admin, deleted: readonly string[]): Promise<void> {
  return untilTrue('deleted topics are still there', async () => {
    const existing = new Set(await admin.listTopics());
    return deleted.every((wire) => !existing.has(wire));
  });
}

const coordinatorsOnTheirWay = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** A broker that has just started, or was never asked for a group, reads first what is known of its groups: kafkajs's admin does not wait. */
async function whenCoordinated<Result>(work: () => Promise<Result>): Promise<Result> {
  const backoff = new Backoff({ initialMs: 20, maxMs: 500 });
  const endMs = performance.now() + coordinatorDeadlineMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const { type } = causeOf(error) as { type?: string };
      if (type === undefined || !coordinatorsOnTheirWay.has(type) || performance.now() > endMs) throw error;
    }
    await backoff.rest();
  }
}

async function untilTrue(what: string, reached: () => Promise<boolean>): Promise<void> {
  const backoff = new Backoff({ initialMs: 20, maxMs: 500 });
  const endMs = performance.now() + metadataDeadlineMs;
  for (;;) {
    try {
      if (await reached()) return;
    } catch (error) {
      if (faultOf(causeOf(error)).kind === 'refused') throw error;
    }
    if (performance.now() > endMs) throw MessagingError.retryable('messaging.unavailable', what);
    await backoff.rest();
  }
}

/** kafkajs wraps what the broker said into what its retries said. */
function causeOf(error: unknown): unknown {
  const { cause } = error as { cause?: { type?: string } };
  return cause?.type === undefined ? error : cause;
}

function asMessagingError(error: unknown): MessagingError {
  const fault = faultOf(causeOf(error));
  if (fault instanceof BrokerFault && fault.kind === 'refused') {
    return MessagingError.permanent('messaging.refused', `the broker refused: ${fault.reason}`, { cause: error });
  }
  return MessagingError.retryable('messaging.unavailable', `the broker did not help: ${fault.reason}`, {
    cause: error,
  });
}
