import { type TopicPlan, type TopicState, topicPlans, wireName } from '@myelin/messaging';
import type { Check } from '../examine.js';
import { type Finding, error, info, ok, some, warning } from '../finding.js';
import { withAdmin } from '../kafka/with-admin.js';

const check = 'kafka.topics';
/** Without them what was promised is lost, or never goes. */
const promises = new Set(['cleanup.policy', 'retention.ms', 'delete.retention.ms']);

/** Every topic of the contracts, with its partitions, settings and replicas, against the cluster. */
export const topics: Check = ({ config, contracts }) =>
  withAdmin(config, async (admin, brokers) => {
    const plans = topicPlans(contracts);
    const found = await admin.describeTopics(plans.map(({ name }) => name));
    const at = {
      server: brokers[0] ?? '',
      wire: (name: string) => wireName({ namespace: config.kafkaNamespace }, name),
    };
    const missing = plans.filter(({ name }) => !found.has(name));
    const there = plans.flatMap((plan) => {
      const state = found.get(plan.name);
      return state === undefined ? [] : [{ plan, state }];
    });
    const wrong = [
      ...missingFinding(missing, at),
      ...there.flatMap(({ plan, state }) => [...partitionsFinding(plan, state), ...settingsFindings(plan, state, at)]),
      ...replicaFindings(there, at),
    ];
    return wrong.some(({ status }) => status !== 'info')
      ? wrong
      : [ok(check, `all ${plans.length} topics are as the contracts say`), ...wrong];
  });

interface Place {
  readonly server: string;
  readonly wire: (name: string) => string;
}

interface Described {
  readonly plan: TopicPlan;
  readonly state: TopicState;
}

function missingFinding(missing: readonly TopicPlan[], { server, wire }: Place): Finding[] {
  const [first] = missing;
  if (first === undefined) return [];
  const settings = Object.entries(first.config).map(([name, value]) => ` --config ${name}=${value}`);
  const command = `kafka-topics.sh --bootstrap-server ${server} --create --topic ${wire(first.name)} --partitions ${first.partitions}${settings.join('')}`;
  const others = missing.length > 1 ? ' (the others alike: docs/generated/topics.json)' : '';
  const names = some(missing.map(({ name }) => name));
  return [error(check, `${missing.length} topics are missing: ${names}`, `${command}${others}`)];
}

function partitionsFinding({ name, partitions }: TopicPlan, state: TopicState): Finding[] {
  if (state.partitions === partitions) return [];
  const remedy =
    'make it anew with the right number while nothing is in it: adding partitions would send keys elsewhere';
  return [error(check, `${name} has ${state.partitions} partitions, its contract says ${partitions}`, remedy)];
}

function settingsFindings({ name, config }: TopicPlan, state: TopicState, { server, wire }: Place): Finding[] {
  const wrong = Object.entries(config).filter(([setting, value]) => state.config[setting] !== value);
  if (wrong.length === 0) return [];
  const seen = wrong.map(
    ([setting, value]) => `${setting} is ${state.config[setting] ?? 'not set'} instead of ${value}`,
  );
  const right = wrong.map(([setting, value]) => `${setting}=${value}`).join(',');
  const remedy = `kafka-configs.sh --bootstrap-server ${server} --alter --entity-type topics --entity-name ${wire(name)} --add-config ${right}`;
  const isPromise = wrong.some(([setting]) => promises.has(setting));
  return [(isPromise ? error : warning)(check, `${name}: ${seen.join(', ')}`, remedy)];
}

function replicaFindings(there: readonly Described[], { server, wire }: Place): Finding[] {
  const named = (is: (state: TopicState) => boolean): string[] =>
    there.filter(({ state }) => is(state)).map(({ plan }) => plan.name);
  const inSync = (state: TopicState): number => Number(state.config['min.insync.replicas'] ?? 1);
  const leaderless = named(({ partitionsWithoutLeader }) => partitionsWithoutLeader > 0);
  const behind = named(
    ({ partitionsWithoutLeader, partitionsBehind }) => partitionsWithoutLeader === 0 && partitionsBehind > 0,
  );
  const single = named(({ replicas }) => replicas < 2);
  const unsafe = named((state) => state.replicas > 2 && inSync(state) < 2);
  const brittle = named((state) => state.replicas > 1 && inSync(state) >= state.replicas);
  const alter = (names: readonly string[], value: number): string =>
    `kafka-configs.sh --bootstrap-server ${server} --alter --entity-type topics --entity-name ${wire(names[0] ?? '')} --add-config min.insync.replicas=${value}`;
  const down = `start the brokers that are away (kafka-topics.sh --bootstrap-server ${server} --describe --under-replicated-partitions)`;
  return [
    ...leaderless.map((name) => error(check, `${name} has partitions without a leader`, down)),
    ...(behind.length > 0
      ? [warning(check, `${behind.length} topics have replicas that are behind: ${some(behind)}`, down)]
      : []),
    ...(unsafe.length > 0
      ? [
          error(
            check,
            `${unsafe.length} topics acknowledge what one broker alone has: ${some(unsafe)}`,
            alter(unsafe, 2),
          ),
        ]
      : []),
    ...(brittle.length > 0
      ? [
          warning(
            check,
            `${brittle.length} topics take nothing while a broker is away: ${some(brittle)}`,
            alter(brittle, 1),
          ),
        ]
      : []),
    ...(single.length > 0
      ? [info(check, `${single.length} topics have one replica: enough on one machine, not in production`, '')]
      : []),
  ];
}
