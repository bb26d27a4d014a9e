import { services, topicList } from '@myelin/contracts';
import { grantsOf, lagGrants } from '../kafka/grants.js';
import { lagObserver } from '../kafka/users.js';
import type { Policy } from './policy.js';
import { ofKind } from './workloads.js';

interface TopicSpec {
  readonly topicName?: string;
  readonly partitions?: number;
  readonly config?: Readonly<Record<string, unknown>>;
}
interface UserSpec {
  readonly authorization?: { readonly acls?: readonly Acl[] };
}
interface Acl {
  readonly resource: { readonly type: string; readonly name: string; readonly patternType?: string };
  readonly operations: readonly string[];
}

/** Where topics are among the manifests, they are those of the contracts, and rights name these topics alone. */
export const topicsAreContracts: Policy = (manifests, { events }) => {
  const made = ofKind(manifests, 'KafkaTopic').map(({ spec }) => textOf(spec as TopicSpec));
  const users = ofKind(manifests, 'KafkaUser');
  if (made.length === 0 && users.length === 0) return [];
  const declared = topicList(events).map(({ name, partitions, config }) =>
    textOf({ topicName: name, partitions, config }),
  );
  const rights = [
    ...services.flatMap((service) => grantsOf(service, events).map((grant) => right(service, grant))),
    ...lagGrants(events).map((grant) => right(lagObserver, grant)),
  ];
  const granted = users.flatMap(({ metadata, spec }) =>
    ((spec as UserSpec).authorization?.acls ?? []).map(({ resource, operations }) =>
      right(metadata.name, { ...resource, operations }),
    ),
  );
  return [...differences('topic', declared, made), ...differences('right', rights, granted)];
};

function right(
  service: string,
  grant: {
    readonly type: string;
    readonly name: string;
    readonly patternType?: string;
    readonly operations: readonly string[];
  },
): string {
  const { type, name, patternType = 'literal', operations } = grant;
  return `${service}: ${[...operations].sort().join(', ')} ${patternType} ${type} ${name}`;
}

function textOf({ topicName, partitions, config = {} }: TopicSpec): string {
  const settings = Object.entries(config).map(([name, value]) => `${name}=${String(value)}`);
  return `${topicName} with ${partitions} partitions, ${settings.sort().join(', ')}`;
}

function differences(what: string, declared: readonly string[], made: readonly string[]): string[] {
  return [
    ...declared.filter((one) => !made.includes(one)).map((one) => `the ${what} is missing: ${one}`),
    ...made.filter((one) => !declared.includes(one)).map((one) => `nobody declares the ${what}: ${one}`),
  ];
}
