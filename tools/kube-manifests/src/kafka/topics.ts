import { type EventContract, topicList } from '@myelin/contracts';
import type { Manifest } from '../manifest.js';

export const kafkaCluster = 'myelin';
const strimzi = 'kafka.strimzi.io/v1';

/** Ties an object to the cluster whose operator is to look after it. */
export const kafkaClusterLabel = { 'strimzi.io/cluster': kafkaCluster } as const;

/**
 * One KafkaTopic per topic of the contracts and per dead-letter topic, as `npm start` creates them. Replication is the
 * cluster's business. Topics are only ever added: deleting a KafkaTopic deletes the records, so nothing prunes one.
 */
export function kafkaTopics(events: readonly EventContract[]): Manifest[] {
  return topicList(events).map(({ name, kind, owner, partitions, config }) => ({
    apiVersion: strimzi,
    kind: 'KafkaTopic',
    metadata: {
      name,
      labels: { ...kafkaClusterLabel, 'myelin.io/owner': owner, 'myelin.io/kind': kind },
      annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false' },
    },
    spec: { topicName: name, partitions, config },
  }));
}

export const kafkaUser = (name: string, acls: readonly object[]): Manifest => ({
  apiVersion: strimzi,
  kind: 'KafkaUser',
  metadata: { name, labels: { ...kafkaClusterLabel } },
  spec: { authentication: { type: 'scram-sha-512' }, authorization: { type: 'simple', acls } },
});
