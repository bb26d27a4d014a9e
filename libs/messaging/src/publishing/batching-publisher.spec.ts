import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  BrokerFault,
  type ProduceBatch,
  type ProduceEngine,
  type ProducerIdentity,
  type WireRecord,
} from '../client/port.js';
import { BatchingPublisher } from './batching-publisher.js';

/** What happens to a request: written and answered, written but the answer is lost, or not written. */
type Fate = 'ok' | 'answer-lost' | 'not-written' | 'not-leader' | 'producer-lost';

/** A broker with Kafka's rules for sequence numbers; its fates come from the test. */
class SimulatedBroker implements ProduceEngine {
  readonly name = 'simulated';
  readonly log: string[][] = [[], []];
  private readonly expected = new Map<string, { next: number; last: string }>();
  private identities = 0;
  violations = 0;
  /** After the next request nothing is written any more. */
  away = false;
  /** A batch with one of these is refused as a whole. */
  refuses: (record: WireRecord) => boolean = () => false;

  constructor(private readonly fates: Fate[]) {}

  connect = (): Promise<void> => Promise.resolve();
  refresh = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
  leaders = (): readonly number[] => [1, 1];
  newProducer = (): Promise<ProducerIdentity> => Promise.resolve({ id: String((this.identities += 1)), epoch: 0 });

  async produce(_leader: number, producer: ProducerIdentity, batches: readonly ProduceBatch[]) {
    await new Promise(setImmediate);
    const fate = this.fates.shift() ?? (this.away ? 'not-written' : 'ok');
    if (fate === 'not-written') throw new BrokerFault('unavailable', 'no connection');
    if (fate === 'not-leader' || fate === 'producer-lost') return batches.map(() => new BrokerFault(fate, fate));
    const answers = batches.map((batch) => this.take(producer, batch));
    if (fate === 'answer-lost') throw new BrokerFault('unavailable', 'the answer was lost');
    return answers;
  }

  private take(producer: ProducerIdentity, batch: ProduceBatch): BrokerFault | undefined {
    if (batch.records.some(this.refuses)) return new BrokerFault('refused', 'INVALID_TIMESTAMP');
    this.write(producer, batch);
    return undefined;
  }

  private write(producer: ProducerIdentity, { partition, firstSequence, records }: ProduceBatch): void {
    const place = `${producer.id}/${partition}`;
    const state = this.expected.get(place) ?? { next: 0, last: '' };
    const content = `${firstSequence}:${records.map(nameOf).join()}`;
    if (content === state.last) return; // recognised as written before
    if (firstSequence !== state.next) this.violations += 1;
    this.log[partition]?.push(...records.map(nameOf));
    this.expected.set(place, { next: firstSequence + records.length, last: content });
  }
}

const nameOf = ({ key, value }: Pick<WireRecord, 'key' | 'value'>): string =>
  `${String(key)}${value?.toString() ?? ''}`;

const options = {
  lingerMs: 0,
  maxBatchBytes: 10_000,
  maxBatchRecords: 3,
  maxQueuedBytes: 1_000_000,
  maxQueuedRecords: 1_000,
  deliveryTimeoutMs: 60_000,
  awayAfterMs: 60_000,
  connectTimeoutMs: 1_000,
  refusedHoldsKey: false,
};
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const item of whole) if (item === part[at]) at += 1;
  return at === part.length;
}

describe('publishing through failures', () => {
  test('writes every record once and in order per partition, whatever happens to the requests', async () => {
    const fates = fc.array(fc.constantFrom<Fate>('ok', 'answer-lost', 'not-written', 'not-leader'), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fates, fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 25 }), async (fate, partitions) => {
        const broker = new SimulatedBroker([...fate]);
        const publisher = new BatchingPublisher(broker, undefined, options, silent);
        await publisher.connect();
        const acknowledged: string[][] = [[], []];
        partitions.forEach((partition, number) => {
          publisher.append({ topic: 't', key: `${number}`, value: null, headers: {}, partition }, (error) => {
            if (!error) acknowledged[partition]?.push(`${number}`);
          });
        });
        await publisher.close(20_000);
        const sent = [0, 1].map((of) => partitions.flatMap((at, number) => (at === of ? [`${number}`] : [])));
        expect(broker.log).toEqual(sent);
        expect(acknowledged).toEqual(sent);
        expect(broker.violations).toBe(0);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test('after the producer identity is lost nothing is missing, and what is written anew stays in order', async () => {
    const fates = fc.array(fc.constantFrom<Fate>('ok', 'answer-lost', 'producer-lost'), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fates, async (fate) => {
        const broker = new SimulatedBroker([...fate]);
        const publisher = new BatchingPublisher(broker, undefined, options, silent);
        await publisher.connect();
        const keys = Array.from({ length: 10 }, (_, number) => `${number}`);
        for (const key of keys)
          publisher.append({ topic: 't', key, value: null, headers: {}, partition: 0 }, () => undefined);
        await publisher.close(20_000);
        expect(isSubsequence(keys, broker.log[0] ?? [])).toBe(true);
        expect(broker.violations).toBe(0);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('a delivery that takes too long fails with everything behind it, in order, and its numbers are not used again', async () => {
    const broker = new SimulatedBroker(['answer-lost']);
    broker.away = true;
    const publisher = new BatchingPublisher(broker, undefined, { ...options, deliveryTimeoutMs: 400 }, silent);
    await publisher.connect();
    const outcomes: string[] = [];
    const append = (key: string) =>
      publisher.append({ topic: 't', key, value: null, headers: {}, partition: 0 }, (error) =>
        outcomes.push(`${key} ${error?.code ?? 'written'}`),
      );
    for (const key of ['a', 'b', 'c', 'd', 'e']) append(key);
    await publisher.flush(10_000);
    broker.away = false;
    expect(outcomes).toEqual(['a', 'b', 'c', 'd', 'e'].map((key) => `${key} messaging.delivery-timeout`));
    await new Promise<void>((resolve) => {
      publisher.append({ topic: 't', key: 'f', value: null, headers: {}, partition: 0 }, (error) => {
        outcomes.push(`f ${error?.code ?? 'written'}`);
        resolve();
      });
    });
    expect(outcomes.at(-1)).toBe('f written');
    expect(broker.log[0]).toEqual(['a', 'b', 'c', 'f']);
    expect(broker.violations).toBe(0);
    await publisher.close();
  });

  test('a refused record lets nothing of its key pass that was queued behind it, and everything else', async () => {
    const fates = fc.array(fc.constantFrom<Fate>('ok', 'answer-lost', 'not-written'), { maxLength: 3 });
    const record = fc.record({ key: fc.constantFrom('a', 'b', 'c'), bad: fc.constantFrom(false, false, false, true) });
    await fc.assert(
      fc.asyncProperty(fates, fc.array(record, { maxLength: 25 }), async (fate, records) => {
        const broker = new SimulatedBroker([...fate]);
        broker.refuses = ({ value }) => String(value).endsWith('!');
        const publisher = new BatchingPublisher(broker, undefined, { ...options, refusedHoldsKey: true }, silent);
        await publisher.connect();
        const sent = records.map(({ key, bad }, number) => ({ key, value: Buffer.from(`${number}${bad ? '!' : ''}`) }));
        const outcomes = new Map<string, string>();
        for (const one of sent)
          publisher.append({ topic: 't', ...one, headers: {}, partition: 0 }, (error) =>
            outcomes.set(nameOf(one), error?.code ?? 'written'),
          );
        await publisher.close(20_000);
        const held = new Set<string>();
        const written = sent.filter(({ key }, number) => {
          if (records[number]?.bad) held.add(key);
          return !held.has(key);
        });
        expect(broker.log[0]).toEqual(written.map(nameOf));
        expect([...outcomes].filter(([, outcome]) => outcome === 'written')).toHaveLength(written.length);
        expect([...outcomes].filter(([, outcome]) => outcome === 'messaging.refused')).toHaveLength(
          sent.length - written.length,
        );
        expect(broker.violations).toBe(0);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('a refused record of a publisher that holds no keys stands for itself', async () => {
    const broker = new SimulatedBroker([]);
    broker.refuses = ({ value }) => String(value) === '2';
    const publisher = new BatchingPublisher(broker, undefined, options, silent);
    await publisher.connect();
    for (const value of ['1', '2', '3'])
      publisher.append({ topic: 't', key: 'a', value: Buffer.from(value), headers: {}, partition: 0 }, () => undefined);
    await publisher.close(20_000);
    expect(broker.log[0]).toEqual(['a1', 'a3']);
  });
});

test("what is told of a record is told in no request's context, whoever appended first", async () => {
  const contexts = new AsyncLocalStorage<string>();
  const publisher = new BatchingPublisher(new SimulatedBroker([]), undefined, options, silent);
  await publisher.connect();
  const told = Promise.withResolvers<void>();
  const seen: string[] = [];
  const append = (key: string): unknown =>
    publisher.append({ topic: 't', key, value: null, headers: {}, partition: 0 }, () => {
      seen.push(contexts.getStore() ?? 'none');
      if (seen.length === 2) told.resolve();
    });
  contexts.run('of the first', append, 'a');
  append('b');
  await told.promise;
  await publisher.close(20_000);
  expect(seen).toEqual(['none', 'none']);
});
