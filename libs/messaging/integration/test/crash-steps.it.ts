import { afterAll, describe, expect, test } from '@jest/globals';
import { createRecordPublisher, listDeadLetters } from '@myelin/messaging';
import { spawnService, useKafka, waitFor } from '@myelin/testing';
import { type CrashStep, consumeEach, historyOf, note, notedEvent, quietLogger, readAll } from '../src/index.js';

const kafka = useKafka();
const { settings, admin } = kafka;
const publisher = createRecordPublisher(settings, quietLogger);

afterAll(async () => {
  await publisher.close();
  await kafka.dispose();
});

const steps: readonly CrashStep[] = [
  'joining',
  'joined',
  'handling',
  'handled',
  'committed',
  'retrying',
  'parking',
  'parked',
  'closing',
];
const total = 12;

describe('a member that is killed', () => {
  test.concurrent.each(steps)(
    'at the step %s loses nothing and has committed nothing that it had not done',
    async (step) => {
      const group = `telemetry.crash-${step}`;
      const contract = notedEvent(`crash-${step}`, { [group]: 'park' }, 1);
      await kafka.ensureTopics([contract]);
      await publisher.connect();
      await publisher.send(Array.from({ length: total }, (_, number) => note(contract, number, `acme/d${number % 3}`)));
      const member = await spawnService(
        'libs/messaging/integration/dist/member-program.js',
        {
          KAFKA_BROKERS: settings.brokers.join(','),
          KAFKA_NAMESPACE: settings.namespace,
          MEMBER_EVENT: `crash-${step}`,
          MEMBER_GROUP: group,
          MEMBER_CRASH_AT: step,
        },
        { nodeArgs: [] },
      );
      expect(await member.exit(40_000)).toMatchObject({ signal: 'SIGKILL' });
      const before = historyOf(member.logs());
      await member.stop();
      const topic = contract.topic.name;
      const parked = await listDeadLetters(settings, { topic, group });
      const accounted = new Set([
        ...before.map(({ offset }) => offset),
        ...parked.map((letter) => letter.originalOffset),
      ]);
      const committed = (await admin.groupOffsets(group)).get(topic)?.get(0) ?? 0n;
      for (let offset = 0n; offset < committed; offset++) expect(accounted).toContain(offset);
      if (step === 'committed') expect(committed).toBeGreaterThan(0n);

      const after = new Set(before.map(({ number }) => number));
      const { app } = await consumeEach(settings, contract, group, (record) => void after.add(record.payload()!.atMs));
      await readAll(admin, group, topic, 40_000);
      await app.close();
      for (const letter of parked) after.add(Number((JSON.parse(String(letter.value)) as { atMs: number }).atMs));
      expect([...after].sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, number) => number));
    },
    120_000,
  );

  test('is replaced after its session, not before, by one that was there all the time', async () => {
    const group = 'telemetry.crash-standby';
    const contract = notedEvent('crash-standby', { [group]: 'park' }, 2);
    await kafka.ensureTopics([contract]);
    await publisher.connect();
    const member = await spawnService(
      'libs/messaging/integration/dist/member-program.js',
      {
        KAFKA_BROKERS: settings.brokers.join(','),
        KAFKA_NAMESPACE: settings.namespace,
        MEMBER_EVENT: 'crash-standby',
        MEMBER_PARTITIONS: '2',
        MEMBER_GROUP: group,
      },
      { nodeArgs: [], readyLine: /joined/ },
    );
    const seen: number[] = [];
    const { app, transport } = await consumeEach(
      settings,
      contract,
      group,
      (record) => void seen.push(record.payload()!.atMs),
    );
    const held = (): number => transport.describe().groups[0]?.partitions.length ?? 0;
    await waitFor(() => held() === 1, { timeoutMs: 20_000, what: 'each member to hold a partition' });
    member.kill('SIGKILL');
    await waitFor(() => held() === 2, { timeoutMs: 20_000, what: 'the survivor to hold both partitions' });
    await publisher.send(Array.from({ length: 20 }, (_, number) => note(contract, number, `acme/d${number}`)));
    await waitFor(() => seen.length === 20, { timeoutMs: 20_000, what: 'everything to arrive at the survivor' });
    await app.close();
    await member.stop();
  }, 60_000);
});
