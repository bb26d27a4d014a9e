import {
  type EventContract,
  type GroupConsumer,
  type ServiceName,
  deadLetterTopicName,
  telemetryTopic,
} from '@myelin/contracts';

export type Operation = 'Describe' | 'Read' | 'Write';

/** What a service may do with one topic or consumer group, by its exact name. */
export interface Grant {
  readonly type: 'topic' | 'group';
  readonly name: string;
  readonly operations: readonly Operation[];
}

/**
 * What a service needs of Kafka, and nothing else: to write what it owns, to read what it consumes, to join its groups, and to
 * park what they cannot process. Ids of idempotent producers come with the right to write some topic; nobody uses transactions.
 */
export function grantsOf(service: ServiceName, events: readonly EventContract[]): Grant[] {
  const grants = new Map<string, Grant>();
  const grant = (type: Grant['type'], name: string, operation: Operation): void => {
    const operations = new Set(grants.get(`${type} ${name}`)?.operations).add('Describe').add(operation);
    grants.set(`${type} ${name}`, { type, name, operations: [...operations].sort() });
  };
  for (const { topic, consumers } of events) {
    if (topic.owner === service) grant('topic', topic.name, 'Write');
    for (const consumer of consumers.filter((one) => one.service === service)) {
      grant('topic', topic.name, 'Read');
      if (consumer.kind === 'group') grantGroup(consumer, topic.name, grant);
    }
  }
  for (const group of watchedGroups(service, events)) grant('group', group, 'Describe');
  return [...grants.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** To compare the positions of every declared group with the ends of its topics. */
export function lagGrants(events: readonly EventContract[]): Grant[] {
  const names = events.flatMap(({ topic, consumers }) =>
    consumers.flatMap((one) => (one.kind === 'group' ? [`group ${one.group}`, `topic ${topic.name}`] : [])),
  );
  return [...new Set(names)].sort().map((one) => {
    const [type, name = ''] = one.split(' ') as [Grant['type'], string];
    return { type, name, operations: ['Describe'] };
  });
}

function grantGroup(
  { group, onPoison }: GroupConsumer,
  topic: string,
  grant: (type: Grant['type'], name: string, operation: Operation) => void,
): void {
  const parked = deadLetterTopicName(topic, group);
  grant('group', group, 'Read');
  grant('topic', parked, 'Write');
  // Which keys are halted is read from the dead letters themselves.
  if (onPoison === 'halt-key') grant('topic', parked, 'Read');
}

/** telemetry holds the positions of everybody who consumes its topic against the topic's retention. */
function watchedGroups(service: ServiceName, events: readonly EventContract[]): string[] {
  if (service !== 'telemetry') return [];
  const consumers = events.filter(({ topic }) => topic === telemetryTopic).flatMap((event) => event.consumers);
  return consumers.flatMap((consumer) => (consumer.kind === 'group' ? [consumer.group] : []));
}

function keyOf({ type, name }: Grant): string {
  return `${type} ${name}`;
}
