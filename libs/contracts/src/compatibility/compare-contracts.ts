import { schemaChanges } from './compare-schemas.js';
import type { ContractSnapshot } from './snapshot.js';

/** Why the contract may not replace the released one, as sentences; empty when it may. */
export function incompatibilities(released: ContractSnapshot, live: ContractSnapshot | undefined): string[] {
  if (live === undefined) return [`${released.type} was removed: its topic may still hold records`];
  const fixed = [
    ['the topic', released.topic.name, live.topic.name],
    ['the number of partitions', released.topic.partitions, live.topic.partitions],
    ['the clean-up', released.topic.cleanup, live.topic.cleanup],
    ['the key', released.key, live.key],
  ] as const;
  const lostHeaders = released.headers.filter((header) => !live.headers.includes(header));
  return [
    ...fixed
      .filter(([, before, after]) => before !== after)
      .map(([what, before, after]) => `${what} changed from ${before} to ${after}`),
    ...lostHeaders.map((header) => `the header ${header} was removed or renamed`),
    ...schemaChanges(released.schema, live.schema),
  ].map((change) => `${released.type}: ${change}`);
}
