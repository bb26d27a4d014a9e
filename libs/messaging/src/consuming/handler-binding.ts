import type { EventContract, PoisonPolicy } from '@myelin/contracts';
import { MessagingError } from '../messaging.errors.js';
import type { HandlerMode, HandlerOutcome, HandlerRegistration } from './handler-registration.js';
import type { PositionStore } from './received-record.js';

/** A handler together with what its contracts say about the group. */
export interface HandlerBinding {
  readonly group: string;
  readonly mode: HandlerMode;
  /** CloudEvents type -> contract. */
  readonly contracts: ReadonlyMap<string, EventContract>;
  readonly topics: ReadonlySet<string>;
  readonly stored: boolean;
  invoke(argument: unknown): Promise<HandlerOutcome>;
  positions(): Promise<PositionStore>;
}

export function policyOf(contract: EventContract, group: string): PoisonPolicy {
  for (const consumer of contract.consumers) {
    if (consumer.kind === 'group' && consumer.group === group) return consumer.onPoison;
  }
  throw MessagingError.permanent(
    'messaging.misconfigured',
    `${contract.type} does not declare the group ${group} as a consumer`,
  );
}

/** The contracts of a handler whose poison halts the key. */
export function haltingContracts({ contracts, group }: HandlerBinding): ReadonlyMap<string, EventContract> {
  return new Map([...contracts].filter(([, contract]) => policyOf(contract, group) === 'halt-key'));
}

/** Group -> topic -> the one handler for it. @throws MessagingError messaging.misconfigured */
export function bindingsByGroup(
  handlers: readonly (HandlerRegistration & Pick<HandlerBinding, 'invoke' | 'positions'>)[],
): Map<string, Map<string, HandlerBinding>> {
  const groups = new Map<string, Map<string, HandlerBinding>>();
  for (const { group, mode, contracts, stored, invoke, positions } of handlers) {
    for (const contract of contracts) policyOf(contract, group);
    const binding: HandlerBinding = {
      group,
      mode,
      stored,
      contracts: new Map(contracts.map((contract) => [contract.type, contract])),
      topics: new Set(contracts.map((contract) => contract.topic.name)),
      invoke,
      positions,
    };
    const topics = groups.get(group) ?? new Map<string, HandlerBinding>();
    groups.set(group, topics);
    for (const topic of binding.topics) {
      if (topics.has(topic)) {
        throw MessagingError.permanent(
          'messaging.misconfigured',
          `group ${group} has two handlers for ${topic}: one handler must take all its events`,
        );
      }
      topics.set(topic, binding);
    }
  }
  return groups;
}
