import { events } from '@myelin/contracts';
import { baseFiles } from './base/base-files.js';
import { componentFiles } from './components/component-files.js';
import { kafkaTopics } from './kafka/topics.js';
import { kafkaUsers } from './kafka/users.js';
import { manifestFile } from './manifest.js';
import { postgresClusters } from './postgres/clusters.js';
import { release } from './release.js';
import { services } from './services.js';

/** What derives from the code and is committed: path from the workspace's root -> content. */
export function derivedFiles(): Map<string, string> {
  return new Map([
    ...baseFiles(release),
    ...componentFiles(),
    ['k8s/postgres/clusters.yaml', manifestFile(postgresClusters(services))],
    ['k8s/kafka/topics.yaml', manifestFile(kafkaTopics(events))],
    ['k8s/kafka/users.yaml', manifestFile(kafkaUsers(events))],
  ]);
}
