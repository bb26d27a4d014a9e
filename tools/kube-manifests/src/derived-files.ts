import { events } from '@myelin/contracts';
import { baseFiles } from './base/base-files.js';
import { kafkaTopics } from './kafka/topics.js';
import { kafkaUsers } from './kafka/users.js';
import { manifestFile } from './manifest.js';
import { release } from './release.js';

/** What derives from the code and is committed: path from the workspace's root -> content. */
export function derivedFiles(): Map<string, string> {
  return new Map([
    ...baseFiles(release),
    ['k8s/kafka/topics.yaml', manifestFile(kafkaTopics(events))],
    ['k8s/kafka/users.yaml', manifestFile(kafkaUsers(events))],
  ]);
}
