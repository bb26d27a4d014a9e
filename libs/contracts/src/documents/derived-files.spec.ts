import { describe, expect, test } from '@jest/globals';
import { Parser } from '@asyncapi/parser';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { events, topics } from '../catalogue.js';
import { asyncApiDocument } from './asyncapi.js';
import { derivedFiles, releaseProblems, releasedSnapshots, workspaceFolder } from './derived-files.js';
import { eventsPage } from './events-page.js';
import { topicList } from './topic-list.js';

/** Severities of the parser's diagnostics. */
const error = 0;
const warning = 1;

const asyncApi = asyncApiDocument(events, '0.1.0');

describe('what derives from the contracts', () => {
  test.each([...derivedFiles(events)])('%s is current; if not: npm run generate', (path, content) => {
    const file = join(workspaceFolder, path);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(content);
  });

  test.each([...events])('the example of $type is valid', ({ example, strict, tolerant }) => {
    expect(strict(example)).toEqual({ ok: true, value: example });
    expect(tolerant(example)).toEqual({ ok: true, value: example });
  });

  test('every live event is released, and no released event was changed incompatibly', () => {
    expect(releaseProblems(events)).toEqual([]);
    expect(releasedSnapshots().map(({ type }) => type)).toEqual(events.map(({ type }) => type).sort());
  });
});

describe('the AsyncAPI document', () => {
  test('is valid for the official parser', async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApi));
    expect(diagnostics.filter(({ severity }) => Number(severity) <= warning)).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
    expect(
      document
        ?.channels()
        .all()
        .map((channel) => channel.address()),
    ).toEqual(topics.map(({ name }) => name));
    expect(
      document
        ?.messages()
        .all()
        .map((message) => message.name())
        .sort(),
    ).toEqual(events.map(({ type }) => type).sort());
  }, 180_000);

  test('the parser refuses the document when it is broken, so that its silence means something', async () => {
    const broken = { ...asyncApi, channels: { x: { address: 17 } } };
    const { diagnostics } = await new Parser().parse(JSON.stringify(broken));
    expect(diagnostics.some(({ severity }) => Number(severity) === error)).toBe(true);
  }, 180_000);

  test('has one send per event by the owner, and one receive per consumer with its group', () => {
    const operations = Object.values(asyncApi['operations'] as Record<string, { action: string }>);
    const consumers = events.flatMap((event) => event.consumers);
    expect(operations.filter(({ action }) => action === 'send')).toHaveLength(events.length);
    expect(operations.filter(({ action }) => action === 'receive')).toHaveLength(consumers.length);
  });
});

describe('the topic list', () => {
  const list = topicList(events);

  test('names every topic once, and a dead-letter topic with 14 days and as many partitions for each group', () => {
    const names = list.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { topic, consumers } of events) {
      expect(names).toContain(topic.name);
      for (const consumer of consumers.filter(({ kind }) => kind === 'group')) {
        const name = `${topic.name}.dlq.${'group' in consumer ? consumer.group : ''}`;
        expect(list.find((each) => each.name === name)).toMatchObject({
          kind: 'dead-letters',
          partitions: topic.partitions,
          config: { 'cleanup.policy': 'delete', 'retention.ms': '1209600000' },
        });
      }
    }
  });

  test('state topics are compacted, telemetry is kept 7 days in 24 partitions', () => {
    expect(list.find(({ name }) => name === 'myelin.registry.device-state.v1')).toMatchObject({
      kind: 'state',
      partitions: 12,
      config: { 'cleanup.policy': 'compact' },
    });
    expect(list.find(({ name }) => name === 'myelin.telemetry.measurement-reported.v1')).toMatchObject({
      kind: 'events',
      partitions: 24,
      config: { 'cleanup.policy': 'delete', 'retention.ms': '604800000' },
    });
  });

  test('names are legal for Kafka', () => {
    for (const { name } of list) expect(name).toMatch(/^[A-Za-z0-9._-]{1,249}$/);
  });
});

test('a deprecated version is marked with its successor and its last day in the AsyncAPI document and on the page of events', async () => {
  const [first] = events;
  const { area, name } = first!;
  const deprecated = { successor: `io.myelin.${area}.${name}.v2`, endsOn: '2027-03-01' };
  const marked = [{ ...first!, deprecated }];
  const document = asyncApiDocument(marked, '0.1.0');
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  expect(diagnostics.filter(({ severity }) => Number(severity) === error)).toEqual([]);
  const { messages } = document['components'] as { messages: Record<string, object> };
  expect(Object.values(messages)).toEqual([expect.objectContaining({ 'x-deprecation': deprecated })]);
  expect(eventsPage(marked)).toContain(`move to \`${deprecated.successor}\` before 2027-03-01`);
}, 180_000);
