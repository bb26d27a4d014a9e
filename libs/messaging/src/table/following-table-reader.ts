import { RareNotes } from '@myelin/observability';
import { Backoff } from '../backoff.js';
import { BrokerFault, type FetchedPartition, type PartitionReader } from '../client/port.js';
import { MessagingError } from '../messaging.errors.js';
import type { MessagingLogger } from '../settings.js';
import type { TableReader, TableReaderOptions, TableReaderStats } from './table-reader.js';
import { TableState } from './table-state.js';

const limits = { maxWaitMs: 250, maxBytes: 8 * 1024 * 1024 };

/**
 * Reads every partition from its beginning, without a consumer group: there is nothing to join, to rebalance or to
 * leave behind on the broker, however the process ends.
 */
export class FollowingTableReader<Payload> implements TableReader {
  private readonly state: TableState<Payload>;
  private readonly positions = new Map<number, bigint>();
  /** Where each partition ended when reading began. */
  private readonly targets = new Map<number, bigint>();
  private readonly backoff = new Backoff({ initialMs: 100, maxMs: 2_000 });
  private readonly closing = new AbortController();
  private readonly notes = new RareNotes();
  /** Whether the log says last that the table is not being followed. */
  private isTold = false;
  private reachedTargets = false;
  private atEndMs: number | undefined;
  private following: Promise<void> | undefined;
  private settleStart: { resolve: () => void; reject: (error: Error) => void } | undefined;
  private started: Promise<void> | undefined;

  constructor(
    private readonly reader: PartitionReader,
    private readonly topic: string,
    options: TableReaderOptions<Payload>,
    private readonly logger: MessagingLogger,
  ) {
    this.state = new TableState(options);
  }

  get caughtUp(): boolean {
    return this.reachedTargets;
  }

  get lagMs(): number | undefined {
    return this.atEndMs === undefined ? undefined : performance.now() - this.atEndMs;
  }

  get stats(): TableReaderStats {
    return this.state.stats;
  }

  start(): Promise<void> {
    this.started ??= new Promise<void>((resolve, reject) => {
      this.settleStart = { resolve, reject };
      this.following = this.follow();
    });
    return this.started;
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.settleStart?.reject(MessagingError.retryable('messaging.closed', 'the reader was closed before it caught up'));
    await this.reader.close();
    await this.following;
  }

  private async follow(): Promise<void> {
    while (!this.closing.signal.aborted) {
      try {
        if (this.positions.size === 0) await this.begin();
        await this.round();
        this.backoff.reset();
        this.noteFollowing();
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.noteTrouble(error as Error);
        await this.backoff.rest(this.closing.signal);
        await this.reader.refresh([this.topic]).catch(() => undefined);
      }
    }
  }

  private noteTrouble({ message: reason }: Error): void {
    const due = this.notes.due(reason);
    if (due === undefined) return;
    this.isTold = true;
    this.logger.warn({ topic: this.topic, reason, ...due }, 'a table is not being followed');
  }

  private noteFollowing(): void {
    if (!this.isTold) return;
    this.isTold = false;
    this.logger.info({ topic: this.topic }, 'a table is followed again');
  }

  private async begin(): Promise<void> {
    if (this.reader.leaders(this.topic) === undefined) await this.reader.refresh([this.topic]);
    for (const [partition, { low, high }] of await this.reader.ranges(this.topic)) {
      this.positions.set(partition, low);
      if (!this.targets.has(partition)) this.targets.set(partition, high);
    }
    this.checkTargets();
  }

  /** One fetch from every broker that leads a partition. */
  private async round(): Promise<void> {
    const byLeader = new Map<number, Map<number, bigint>>();
    const leaders = this.reader.leaders(this.topic) ?? [];
    for (const [partition, position] of this.positions) {
      const leader = leaders[partition] ?? -1;
      const group = byLeader.get(leader) ?? new Map<number, bigint>();
      byLeader.set(leader, group.set(partition, position));
    }
    if (byLeader.has(-1)) throw new BrokerFault('not-leader', 'a partition has no leader');
    const fetches = [...byLeader].map(([leader, positions]) => this.fetchFrom(leader, positions));
    const outcomes = await Promise.allSettled(fetches);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    if (outcomes.every((outcome) => outcome.status === 'fulfilled' && outcome.value)) this.atEndMs = performance.now();
    this.checkTargets();
  }

  /** True when all the partitions were read to their ends. */
  private async fetchFrom(leader: number, positions: ReadonlyMap<number, bigint>): Promise<boolean> {
    const answers = await this.reader.fetch(leader, this.topic, positions, limits);
    let atEnd = true;
    for (const answer of answers) {
      if (answer.fault?.kind === 'offset-out-of-range') {
        await this.startOver(answer.partition);
        atEnd = false;
        continue;
      }
      if (answer.fault) throw answer.fault;
      this.apply(answer);
      if (answer.records.length === 0) await this.stepOverNothing(leader, answer);
      atEnd &&= (this.positions.get(answer.partition) ?? 0n) >= answer.highWatermark;
    }
    return atEnd;
  }

  private apply({ partition, records }: FetchedPartition): void {
    for (const record of records) {
      const applied = this.state.apply(record);
      this.positions.set(partition, record.offset + 1n);
      if (typeof applied !== 'object') continue;
      const place = { topic: this.topic, partition, offset: String(record.offset) };
      this.logger.error({ ...place, reason: applied.invalid }, 'a record of a table was left out');
    }
  }

  /**
   * Compaction can leave a batch without records at the end of a partition: there is something before the end, and
   * nothing to read. A fetch of this partition alone makes sure of it, then the position moves on by one.
   */
  private async stepOverNothing(leader: number, { partition, highWatermark }: FetchedPartition): Promise<void> {
    const position = this.positions.get(partition) ?? 0n;
    if (position >= highWatermark) return;
    const [alone] = await this.reader.fetch(leader, this.topic, new Map([[partition, position]]), limits);
    if (alone === undefined || alone.fault) return;
    if (alone.records.length > 0) this.apply(alone);
    else this.positions.set(partition, position + 1n);
  }

  /** Records before the position are gone, or the topic was made anew: what is there now is read again in full. */
  private async startOver(partition: number): Promise<void> {
    const range = (await this.reader.ranges(this.topic)).get(partition);
    if (range === undefined) return;
    this.logger.warn({ topic: this.topic, partition }, 'a table starts over: its position is out of range');
    this.positions.set(partition, range.low);
    if (!this.reachedTargets) this.targets.set(partition, range.high);
  }

  private checkTargets(): void {
    if (this.reachedTargets) return;
    for (const [partition, target] of this.targets) {
      if ((this.positions.get(partition) ?? 0n) < target) return;
    }
    this.reachedTargets = true;
    this.settleStart?.resolve();
  }
}
