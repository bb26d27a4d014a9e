export const services = ['device-registry', 'ingest-gateway', 'telemetry', 'alerting', 'firmware-rollout'] as const;
export type ServiceName = (typeof services)[number];

export type Cleanup =
  | { readonly kind: 'delete'; readonly retentionMs: number }
  /** State: the newest value per key stays; a tombstone stays readable for `tombstoneRetentionMs`. */
  | { readonly kind: 'compact'; readonly tombstoneRetentionMs: number };

export interface TopicDefinition {
  /** `myelin.<area>.<event>.v<N>`, at most 249 characters of `[A-Za-z0-9._-]`. */
  readonly name: string;
  /** The only service that publishes here. */
  readonly owner: ServiceName;
  readonly partitions: number;
  readonly cleanup: Cleanup;
  /** Largest record batch that the topic takes, in bytes. */
  readonly maxMessageBytes: number;
  readonly summary: string;
}

const dayMs = 86_400_000;
export const days = (count: number): number => count * dayMs;

const namePattern = /^myelin\.[a-z0-9-]+(\.[a-z0-9-]+)*\.v[1-9][0-9]*$/;

/** Checks a topic's declaration once, when the module loads. @throws TypeError with the broken rule */
export function defineTopic(definition: TopicDefinition): TopicDefinition {
  if (!namePattern.test(definition.name) || definition.name.length > 249) {
    throw new TypeError(`topic name ${definition.name} must match ${namePattern.source}`);
  }
  if (!Number.isInteger(definition.partitions) || definition.partitions < 1) {
    throw new TypeError(`topic ${definition.name} needs at least one partition`);
  }
  return Object.freeze({ ...definition, cleanup: Object.freeze({ ...definition.cleanup }) });
}

/** Partition counts and limits of the house, by kind of topic. */
export const telemetryTopicDefaults = { partitions: 24, maxMessageBytes: 1_048_588 } as const;
export const stateTopicDefaults = {
  partitions: 12,
  cleanup: { kind: 'compact', tombstoneRetentionMs: days(1) },
  maxMessageBytes: 1_048_588,
} as const;
export const eventTopicDefaults = {
  partitions: 6,
  cleanup: { kind: 'delete', retentionMs: days(7) },
  maxMessageBytes: 1_048_588,
} as const;

/** Where records go that a group cannot process: value, key and headers unchanged. */
export function deadLetterTopicName(topic: string, group: string): string {
  return `${topic}.dlq.${group}`;
}
export const deadLetterRetentionMs = days(14);
