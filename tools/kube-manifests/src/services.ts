import type { ServiceName } from '@myelin/contracts';

/** A secret value, mounted as a file that `<variable>_FILE` names. */
export interface SecretFile {
  readonly variable: string;
  readonly secret: string;
  readonly key: string;
}

export interface Scaling {
  readonly least: number;
  readonly most: number;
  /** Percent of the processor that is requested. Absent: by the lag of groups. */
  readonly processorPercent?: number;
  /** Records per instance and group. */
  readonly recordsBehind?: number;
}

export interface ServiceDeclaration {
  readonly name: ServiceName;
  /** As the service's configuration has them by default; a test demands it. */
  readonly httpPort: number;
  readonly adminPort: number;
  /** Of the configuration, in seconds: from SIGTERM to the exit. */
  readonly drainSeconds: number;
  /** V8's old space and the limit of the container, in MiB. The rest is for buffers, code and stacks. */
  readonly heapMiB: number;
  readonly memoryMiB: number;
  /** Processor that is kept free for it, in thousandths. No limit: a throttled event loop answers nobody. */
  readonly milliCpu: number;
  /** Absent: no database, so no migrations either. */
  readonly migration?: { readonly appUrl: boolean };
  /** Asks an issuer for the keys of operators' tokens. */
  readonly hasOperators: boolean;
  /** Settings that differ from the code's defaults wherever it runs in a cluster. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How many there are, where an autoscaler says so: by processor, or by records that its group has not read. */
  readonly scaling: Scaling;
  /** Ports of hosts outside of the cluster that it calls: issuers, buckets, webhooks, mail. */
  readonly callsOut: readonly number[];
  /** A folder that all instances share. */
  readonly sharedFolder?: { readonly path: string; readonly size: string };
}

export const services: readonly ServiceDeclaration[] = [
  {
    name: 'ingest-gateway',
    ...{ httpPort: 7080, adminPort: 7180, drainSeconds: 25 },
    ...{ heapMiB: 768, memoryMiB: 1280, milliCpu: 1000 },
    hasOperators: false,
    scaling: { least: 3, most: 20, processorPercent: 60 },
    callsOut: [],
    settings: { TRUST_PROXY: 'true' },
  },
  {
    name: 'device-registry',
    ...{ httpPort: 7081, adminPort: 7181, drainSeconds: 15 },
    ...{ heapMiB: 512, memoryMiB: 768, milliCpu: 250 },
    migration: { appUrl: true },
    hasOperators: true,
    scaling: { least: 2, most: 6, processorPercent: 70 },
    callsOut: [443],
  },
  {
    name: 'telemetry',
    ...{ httpPort: 7082, adminPort: 7182, drainSeconds: 15 },
    ...{ heapMiB: 1024, memoryMiB: 1536, milliCpu: 1000 },
    migration: { appUrl: false },
    hasOperators: true,
    scaling: { least: 2, most: 24, recordsBehind: 50_000 },
    callsOut: [443],
  },
  {
    name: 'alerting',
    ...{ httpPort: 7083, adminPort: 7183, drainSeconds: 15 },
    ...{ heapMiB: 1536, memoryMiB: 2304, milliCpu: 500 },
    migration: { appUrl: true },
    hasOperators: true,
    scaling: { least: 2, most: 24, recordsBehind: 50_000 },
    callsOut: [443, 465, 587],
  },
  {
    name: 'firmware-rollout',
    ...{ httpPort: 7084, adminPort: 7184, drainSeconds: 15 },
    ...{ heapMiB: 768, memoryMiB: 1536, milliCpu: 500 },
    migration: { appUrl: true },
    hasOperators: true,
    scaling: { least: 2, most: 10, processorPercent: 70 },
    callsOut: [443],
    sharedFolder: { path: '/var/lib/myelin/artifacts', size: '200Gi' },
  },
];

/** The Secrets of a service's database: `url`, `username` and `password` of the application's role, and of the schema's owner. */
export const appSecret = (service: ServiceName): string => `${service}-database`;
export const ownerSecret = (service: ServiceName): string => `${service}-database-owner`;

export const appUrlFile = (service: ServiceName): SecretFile => ({
  ...{ variable: 'DATABASE_URL', secret: appSecret(service), key: 'url' },
});
export const ownerUrlFile = (service: ServiceName): SecretFile => ({
  ...{ variable: 'DATABASE_OWNER_URL', secret: ownerSecret(service), key: 'url' },
});

export function secretFilesOf({ name, migration }: ServiceDeclaration): SecretFile[] {
  return migration === undefined ? [] : [appUrlFile(name)];
}
