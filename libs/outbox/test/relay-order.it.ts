import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger } from '@myelin/observability';
import { inTransaction } from '@myelin/persistence';
import fc from 'fast-check';
import { type OutboxRelay, createOutboxRelay, writeToOutbox } from '../src/index.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';
import { RecordingPublisher, record, until } from './recording-publisher.js';

const keys = ['a', 'b', 'c'] as const;

/** What happens during one send of whichever relay is active. */
const faults = [
  ...['none', 'fail-before', 'fail-after', 'fail-in-the-middle'],
  ...['end-connection', 'end-connection-and-fail', 'close-relay', 'close-relay-at-once'],
] as const;
type Fault = (typeof faults)[number];

interface Transaction {
  readonly writes: readonly { readonly key: (typeof keys)[number]; readonly records: number }[];
  readonly rollback: boolean;
}

const transaction = fc.record<Transaction>({
  writes: fc.array(fc.record({ key: fc.constantFrom(...keys), records: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  rollback: fc.boolean(),
});

const history = fc.record({
  writers: fc.array(fc.array(transaction, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
  faults: fc.array(fc.constantFrom<Fault>(...faults), { maxLength: 8 }),
  batchSize: fc.integer({ min: 1, max: 6 }),
});

class RolledBack extends Error {}

describe('whatever transactions, failures and restarts do', () => {
  let database: OutboxDatabase;
  beforeAll(async () => {
    database = await outboxDatabase();
  });
  afterAll(() => database.dispose());

  /** Each record's value is its number in the order of its key, which the entity's row hands out. */
  const run = ({ writes, rollback }: Transaction): Promise<void> =>
    inTransaction(
      database.dataSource,
      async (tx) => {
        for (const { key, records } of writes) {
          const [[row]] = (await tx.query('UPDATE entity SET version = version + $2 WHERE key = $1 RETURNING version', [
            key,
            records,
          ])) as [[{ version: number }]];
          const numbers = Array.from({ length: records }, (_, index) => row.version - records + 1 + index);
          await writeToOutbox(
            tx,
            numbers.map((number) => record(key, String(number))),
          );
        }
        if (rollback) throw new RolledBack();
      },
      { attempts: 50 },
    ).catch((error: unknown) => {
      if (!(error instanceof RolledBack)) throw error;
    });

  test('each key is published in the order of its commits: replays go back and run forward, nothing is skipped or lost', async () => {
    let steps = 0;
    const property = fc.asyncProperty(history, async ({ writers, faults: planned, batchSize }) => {
      await database.clear();
      await database.asAdmin(`INSERT INTO entity SELECT unnest($1::text[]), 0`, [keys]);
      const fleet = new RelayFleet(database, planned, batchSize);
      await Promise.all(
        writers.map(async (transactions) => {
          for (const each of transactions) await run(each);
        }),
      );
      await until('an empty outbox', async () => (await database.waiting()) === 0, 20_000);
      await fleet.close();
      const versions = await database.asAdmin<{ key: string; version: number }>('SELECT key, version FROM entity');
      for (const { key, version } of versions) {
        const published = fleet.broker.valuesOf(key).map(Number);
        steps += published.length;
        expect({ key, skips: skipsIn(published), last: published.at(-1) ?? 0 }).toEqual({
          key,
          skips: [],
          last: version,
        });
      }
    });
    await fc.assert(property, { numRuns: Number(process.env['OUTBOX_RUNS'] ?? 25), endOnFailure: true });
    expect(steps).toBeGreaterThan(50);
  }, 120_000);
});

/** Places where a sequence neither goes on by one nor back. */
function skipsIn(published: readonly number[]): string[] {
  return published.flatMap((number, index) => {
    const previous = index === 0 ? 0 : (published[index - 1] as number);
    return number > previous + 1 ? [`${previous} -> ${number}`] : [];
  });
}

/** Two relays that compete for one outbox; a closed one is replaced. */
class RelayFleet {
  readonly broker = new RecordingPublisher();
  private readonly relays = new Set<OutboxRelay>();
  private readonly goingDown: Promise<void>[] = [];
  private closed = false;

  constructor(
    private readonly database: OutboxDatabase,
    private readonly faults: Fault[],
    private readonly batchSize: number,
  ) {
    const send = this.broker.send.bind(this.broker);
    this.broker.send = async (records) => {
      const fault = this.faults.shift() ?? 'none';
      this.broker.outcomes.push(outcomeOf(fault, records.length));
      this.broker.beforeAnswer = () => this.strike(fault);
      await send(records);
    };
    this.add();
    this.add();
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...[...this.relays].map((relay) => relay.close()), ...this.goingDown]);
  }

  private add(): void {
    const { database, broker, batchSize } = this;
    const relay = createOutboxRelay({
      ...{ dataSource: database.dataSource, publisher: broker, logger: silentLogger },
      ...{ batchSize, pollMs: 20, settleMs: 0 },
    });
    this.relays.add(relay);
    relay.start();
  }

  private async strike(fault: Fault): Promise<void> {
    if (fault.startsWith('end-connection')) {
      const holders = await this.database.relayBackends('holder');
      await Promise.all(holders.map((holder) => this.database.endBackend(holder)));
    }
    if (fault.startsWith('close-relay')) {
      const active = [...this.relays].find((relay) => relay.active);
      if (active === undefined) return;
      this.relays.delete(active);
      this.goingDown.push(active.close(fault === 'close-relay-at-once' ? 0 : 5_000));
      if (!this.closed) this.add();
    }
  }
}

function outcomeOf(fault: Fault, records: number): RecordingPublisher['outcomes'][number] {
  if (fault === 'fail-before') return 'fail-before';
  if (fault === 'fail-after' || fault === 'end-connection-and-fail') return 'fail-after';
  if (fault === 'fail-in-the-middle') return { failAfterRecords: Math.floor(records / 2) };
  return 'acknowledge';
}
