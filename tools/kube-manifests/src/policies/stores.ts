import type { Manifest } from '../manifest.js';
import type { Policy } from './policy.js';
import { idOf, ofKind } from './workloads.js';

interface KafkaSpec {
  readonly kafka?: {
    readonly listeners?: readonly { readonly name: string; readonly tls?: boolean; readonly authentication?: object }[];
    readonly authorization?: { readonly type?: string; readonly superUsers?: readonly string[] };
    readonly config?: Readonly<Record<string, unknown>>;
  };
}

/** Nobody reaches a broker without TLS and a name, or does what no KafkaUser allows; what is acknowledged is on two brokers. */
export const kafkaIsGuarded: Policy = (manifests) => {
  const clusters = ofKind(manifests, 'Kafka');
  const names = new Set(clusters.map(({ metadata }) => metadata.name));
  const strays = ofKind(manifests, 'KafkaTopic', 'KafkaUser', 'KafkaNodePool').filter(
    ({ metadata }) => !names.has(metadata.labels?.['strimzi.io/cluster'] ?? ''),
  );
  return [
    ...clusters.flatMap((manifest) =>
      guardOf(manifest['spec'] as KafkaSpec).map((fault) => `${idOf(manifest)} ${fault}`),
    ),
    ...strays.map((manifest) => `${idOf(manifest)} belongs to no Kafka that is there`),
  ];
};

function guardOf({ kafka }: KafkaSpec): string[] {
  const { listeners = [], authorization, config = {} } = kafka ?? {};
  const open = listeners.filter(({ tls, authentication }) => tls !== true || authentication === undefined);
  return [
    ...open.map(({ name }) => `lets anybody in by its listener ${name}`),
    ...(authorization?.type === 'simple' && authorization.superUsers === undefined ? [] : ['does not ask for rights']),
    ...(config['auto.create.topics.enable'] === false ? [] : ['makes topics that nobody declares']),
    ...(Number(config['min.insync.replicas'] ?? 1) >= 2 ? [] : ['acknowledges what a single broker has']),
  ];
}

interface ClusterSpec {
  readonly instances?: number;
  readonly enableSuperuserAccess?: boolean;
  readonly plugins?: readonly {
    readonly isWALArchiver?: boolean;
    readonly parameters?: { readonly barmanObjectName?: string };
  }[];
}

/** Each database has a second instance, an archive of every change, and a base backup that comes by itself. */
export const databasesCanBeRestored: Policy = (manifests) =>
  ofKind(manifests, 'Cluster').flatMap((manifest) => {
    const { instances = 1, enableSuperuserAccess, plugins = [] } = manifest['spec'] as ClusterSpec;
    const archive = plugins.find(({ isWALArchiver }) => isWALArchiver === true)?.parameters?.barmanObjectName;
    const stores = ofKind(manifests, 'ObjectStore').map(({ metadata }) => metadata.name);
    const rules: [boolean, string][] = [
      [instances >= 2, 'has no second instance'],
      [enableSuperuserAccess === false, 'lets a superuser in'],
      [archive !== undefined && stores.includes(archive), 'archives its changes nowhere'],
      [
        ofKind(manifests, 'ScheduledBackup').some((one) => backedUp(one) === manifest.metadata.name),
        'is never backed up',
      ],
    ];
    return rules.filter(([holds]) => !holds).map(([, fault]) => `${idOf(manifest)} ${fault}`);
  });

function backedUp(manifest: Manifest): string | undefined {
  return (manifest['spec'] as { cluster?: { name: string } }).cluster?.name;
}
