import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kafka, startKafka } from '../src/index.js';
import { type ClusterView, pingKafka } from '../src/kafka/metadata-ping.js';

describe('three nodes of Kafka', () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startKafka({ nodes: 3, heapMb: 384 });
  }, 60_000);
  afterAll(() => kafka.stop(), 60_000);

  test('serve as one cluster, go on without the node that led it, and take it back', async () => {
    const [first] = await Promise.all(kafka.nodes.map(({ port }) => pingKafka(port)));
    expect(first?.brokerIds.toSorted()).toEqual([1, 2, 3]);
    const leader = kafka.nodes.find(({ id }) => id === first?.controllerId) ?? kafka.nodes[0]!;
    const others = kafka.nodes.filter((node) => node !== leader);
    await leader.kill();
    const expected = others.map(({ id }) => id);
    await seenBy(others[0]!.port, (view) => String(view.brokerIds.toSorted()) === String(expected));
    await leader.start();
    await seenBy(others[0]!.port, (view) => view.brokerIds.length === 3);
  }, 60_000);
});

async function seenBy(port: number, isExpected: (view: ClusterView) => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const view = await pingKafka(port);
    if (view !== undefined && isExpected(view)) return;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(view)}`);
    await delay(100);
  }
}
