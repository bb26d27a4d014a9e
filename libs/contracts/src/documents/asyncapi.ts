import type { ConsumerDeclaration, EventContract } from '../definition/define-event.js';
import type { TopicDefinition } from '../definition/define-topic.js';
import { keyForms, keyPatterns } from '../definition/record-key.js';
import { plainSchema } from '../definition/schema-walk.js';
import { type TopicSettings, topicList } from './topic-list.js';

type Json = Record<string, unknown>;

const bindingVersion = '0.5.0';

/** The AsyncAPI 3.0 document of the whole system; an operation's tag says which service performs it. */
export function asyncApiDocument(events: readonly EventContract[], version: string): Json {
  const topics = [...new Set(events.map(({ topic }) => topic))];
  const settings = new Map(topicList(events).map((each) => [each.name, each]));
  return {
    asyncapi: '3.0.0',
    id: 'urn:myelin:events',
    info: {
      title: 'Myelin events',
      version,
      description:
        'Every event that the services of Myelin exchange on Apache Kafka, in CloudEvents 1.0 binary mode: attributes in ' +
        '`ce_` headers, the record value is the payload alone. An operation is performed by the service in its tag.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: { local: { host: '127.0.0.1:19092', protocol: 'kafka', description: 'what `npm start` brings up' } },
    channels: fromEntries(topics, (topic) => [topic.name, channelOf(topic, events, settings.get(topic.name))]),
    operations: fromEntries(events.flatMap(operationsOf), (entry) => entry),
    components: {
      messageTraits: { cloudEvent },
      messages: fromEntries(events, (event) => [messageName(event), messageOf(event)]),
      schemas: fromEntries(events, (event) => [messageName(event), plainSchema(event.schema)]),
    },
  };
}

const cloudEvent: Json = {
  headers: {
    type: 'object',
    required: ['ce_id', 'ce_source', 'ce_specversion', 'ce_type', 'ce_time', 'content-type'],
    properties: {
      ce_id: { type: 'string', minLength: 1, description: 'with `ce_source`, one for each event; a resend keeps it' },
      ce_source: { type: 'string', minLength: 1, format: 'uri-reference', description: 'who published it' },
      ce_specversion: { type: 'string', const: '1.0' },
      ce_type: { type: 'string' },
      ce_time: { type: 'string', format: 'date-time', description: 'when it happened' },
      'content-type': { type: 'string', const: 'application/json' },
      traceparent: { type: 'string', pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' },
    },
  },
};

function channelOf(
  topic: TopicDefinition,
  events: readonly EventContract[],
  settings: TopicSettings | undefined,
): Json {
  const { 'cleanup.policy': policy = 'delete', ...numbers } = settings?.config ?? {};
  // The binding knows only these settings; the whole list is topics.json.
  const known = ['retention.ms', 'delete.retention.ms', 'max.message.bytes'].filter((name) => name in numbers);
  return {
    address: topic.name,
    description: topic.summary,
    messages: fromEntries(
      events.filter((event) => event.topic === topic),
      (event) => [messageName(event), ref('components', 'messages', messageName(event))],
    ),
    bindings: {
      kafka: {
        topic: topic.name,
        partitions: topic.partitions,
        topicConfiguration: {
          'cleanup.policy': [policy],
          ...fromEntries(known, (name) => [name, Number(numbers[name])]),
        },
        bindingVersion,
      },
    },
  };
}

function messageOf(event: EventContract): Json {
  return {
    name: event.type,
    title: event.name,
    summary: event.summary,
    ...(event.deprecated && { tags: [{ name: 'deprecated' }], 'x-deprecation': event.deprecated }),
    contentType: 'application/json',
    headers: {
      type: 'object',
      properties: {
        ce_type: { type: 'string', const: event.type },
        ...fromEntries(Object.entries(event.headers), ([name, description]) => [name, { type: 'string', description }]),
      },
    },
    payload: ref('components', 'schemas', messageName(event)),
    examples: [{ payload: event.example }],
    traits: [ref('components', 'messageTraits', 'cloudEvent')],
    bindings: {
      kafka: {
        key: { type: 'string', pattern: keyPatterns[event.key], description: keyForms[event.key] },
        bindingVersion,
      },
    },
  };
}

function operationsOf(event: EventContract): [string, Json][] {
  const name = messageName(event);
  const common = {
    channel: ref('channels', event.topic.name),
    messages: [ref('channels', event.topic.name, 'messages', name)],
  };
  const send = { action: 'send', summary: event.summary, ...common, tags: [{ name: event.topic.owner }] };
  return [
    [`${event.topic.owner}.send.${name}`, send],
    ...event.consumers.map((consumer): [string, Json] => [
      `${consumer.kind === 'group' ? consumer.group : `${consumer.service}.table`}.receive.${name}`,
      { action: 'receive', ...common, tags: [{ name: consumer.service }], ...receiving(consumer) },
    ]),
  ];
}

function receiving(consumer: ConsumerDeclaration): Json {
  if (consumer.kind === 'table') {
    return { summary: 'Every process reads the whole topic into memory, with a private group.' };
  }
  const policy = { park: 'is parked', 'halt-key': 'is parked together with every later record of its key' };
  return {
    summary: `What the group can never process ${policy[consumer.onPoison]}.`,
    bindings: { kafka: { groupId: { type: 'string', enum: [consumer.group] }, bindingVersion } },
  };
}

/** `device-state` version 1 -> `DeviceStateV1` */
function messageName({ name, version }: EventContract): string {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}V${version}`;
}

function ref(...path: string[]): Json {
  return { $ref: `#/${path.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}` };
}

function fromEntries<Item>(items: readonly Item[], entry: (item: Item) => readonly [string, unknown]): Json {
  return Object.fromEntries(items.map(entry));
}
