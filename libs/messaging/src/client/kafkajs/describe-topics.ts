import kafkajs, { type Admin } from 'kafkajs';
import type { TopicState } from '../../administration/kafka-admin.js';
import { type KafkaSettings, wireName } from '../../settings.js';

/** Of the topics, named as in contracts, those that exist. */
export async function describeTopics(
  admin: Admin,
  settings: KafkaSettings,
  topics: readonly string[],
): Promise<ReadonlyMap<string, TopicState>> {
  const existing = new Set(await admin.listTopics());
  const wanted = topics
    .map((name) => ({ name, wire: wireName(settings, name) }))
    .filter(({ wire }) => existing.has(wire));
  if (wanted.length === 0) return new Map();
  const wires = wanted.map(({ wire }) => wire);
  const [{ topics: metadata }, { resources }] = await Promise.all([
    admin.fetchTopicMetadata({ topics: wires }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: wires.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
    }),
  ]);
  const configs = new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
  const states = new Map<string, TopicState>();
  for (const { name, wire } of wanted) {
    const partitions = metadata.find((found) => found.name === wire)?.partitions;
    if (partitions === undefined) continue; // deleted meanwhile
    const entries = configs.get(wire) ?? [];
    states.set(name, {
      partitions: partitions.length,
      replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      partitionsWithoutLeader: partitions.filter(({ leader }) => leader < 0).length,
      partitionsBehind: partitions.filter(({ replicas, isr }) => isr.length < replicas.length).length,
      config: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
    });
  }
  return states;
}
