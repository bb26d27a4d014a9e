import { join } from 'node:path';
import { type Progress, silentProgress } from '../cache/progress.js';
import { localStackSettings } from '../config.js';
import { type DevelopmentIssuer, type IssuerClient, startIssuer } from '../issuer/start-issuer.js';
import { type Jaeger, startJaeger } from '../jaeger/start-jaeger.js';
import { type Kafka, startKafka } from '../kafka/start-kafka.js';
import { type Postgres, startPostgres } from '../postgres/start-postgres.js';

/** Ports of the development stack; the README has the table. Three Kafka nodes take 19092, 19093, 19094. */
export const defaultPorts = { kafka: 19_092, postgres: 15_432, issuer: 17_100 } as const;

export interface StartStackOptions {
  /** Default 1. */
  readonly kafkaNodes?: 1 | 3;
  /** `fixed` = {@link defaultPorts}; single ports win over it. Default: free ones. */
  readonly ports?: 'free' | 'fixed';
  readonly kafkaPort?: number;
  readonly postgresPort?: number;
  readonly issuerPort?: number;
  /** Data is kept below this directory; default: thrown away. */
  readonly keepDir?: string;
  /**
   * Default: {@link usualParts}. What the configuration replaces (KAFKA_BROKERS, DATABASE_URL, OIDC_ISSUER,
   * OTEL_EXPORTER_OTLP_ENDPOINT) is never started.
   */
  readonly parts?: readonly StackPart[];
  /** Clients that the development issuer knows from the start. */
  readonly clients?: readonly IssuerClient[];
  readonly kafkaProperties?: Readonly<Record<string, string>>;
  /** See `StartKafkaOptions.heapFixed`. */
  readonly kafkaHeapFixed?: boolean;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** See `StartPostgresOptions.volumeBytes`. */
  readonly postgresVolumeBytes?: number;
  readonly log?: Progress;
}

export type StackPart = 'kafka' | 'postgres' | 'issuer' | 'jaeger';

/** Without Jaeger, which may have to be built for minutes. */
export const usualParts = ['kafka', 'postgres', 'issuer'] as const satisfies readonly StackPart[];

export interface Stack {
  /** KAFKA_BROKERS, DATABASE_URL (a superuser), OIDC_ISSUER and OTEL_EXPORTER_OTLP_ENDPOINT of the parts that were started or replaced. */
  readonly env: Record<string, string>;
  /** Undefined where configuration replaced it, or where it was not asked for. */
  readonly kafka: Kafka | undefined;
  readonly postgres: Postgres | undefined;
  readonly issuer: DevelopmentIssuer | undefined;
  readonly jaeger: Jaeger | undefined;
  /** Stops what was started, and nothing else. */
  stop(): Promise<void>;
}

/** Starts the parts side by side; when one fails, stops the others. @throws LocalStackError */
export async function startStack(options: StartStackOptions = {}): Promise<Stack> {
  const given = givenAddresses();
  const wanted = options.parts ?? usualParts;
  const starts = (part: StackPart): boolean => wanted.includes(part) && given[part] === undefined;
  const [kafka, postgres, issuer, jaeger] = await allOrNone([
    starts('kafka') ? startKafkaPart(options) : Promise.resolve(undefined),
    starts('postgres') ? startPostgresPart(options) : Promise.resolve(undefined),
    starts('issuer') ? startIssuerPart(options) : Promise.resolve(undefined),
    starts('jaeger') ? startJaegerPart(options) : Promise.resolve(undefined),
  ]);
  const addresses = { kafka: kafka?.brokers.join(','), postgres: postgres?.url, issuer: issuer?.issuer };
  const started: Addresses = { ...addresses, jaeger: jaeger?.otlpUrl };
  const env: Record<string, string> = {};
  for (const part of wanted) {
    const address = started[part] ?? given[part];
    if (address !== undefined) env[variables[part]] = address;
  }
  const stop = async (): Promise<void> => {
    await Promise.all([kafka?.stop(), postgres?.stop(), issuer?.stop(), jaeger?.stop()]);
  };
  return { env, kafka, postgres, issuer, jaeger, stop };
}

const variables = {
  kafka: 'KAFKA_BROKERS',
  postgres: 'DATABASE_URL',
  issuer: 'OIDC_ISSUER',
  jaeger: 'OTEL_EXPORTER_OTLP_ENDPOINT',
} as const satisfies Record<StackPart, string>;

type Addresses = Readonly<Record<StackPart, string | undefined>>;

function givenAddresses(): Addresses {
  const { brokers, databaseUrl, oidcIssuer, otlpEndpoint } = localStackSettings();
  return { kafka: brokers?.join(','), postgres: databaseUrl, issuer: oidcIssuer, jaeger: otlpEndpoint };
}

const portOf = (options: StartStackOptions, part: Exclude<StackPart, 'jaeger'>): number | undefined =>
  options[`${part}Port`] ?? (options.ports === 'fixed' ? defaultPorts[part] : undefined);

function startKafkaPart(options: StartStackOptions): Promise<Kafka> {
  const {
    kafkaNodes: nodes = 1,
    keepDir,
    kafkaProperties: properties,
    kafkaHeapFixed: heapFixed = false,
    log = silentProgress,
  } = options;
  const first = portOf(options, 'kafka');
  return startKafka({
    ...{ nodes, heapFixed, log },
    ...(first === undefined ? {} : { ports: Array.from({ length: nodes }, (_, index) => first + index) }),
    ...(keepDir === undefined ? {} : { dataDir: join(keepDir, 'kafka') }),
    ...(properties === undefined ? {} : { properties }),
  });
}

function startPostgresPart(options: StartStackOptions): Promise<Postgres> {
  const { keepDir, postgresSettings: settings, postgresVolumeBytes: volumeBytes, log = silentProgress } = options;
  const port = portOf(options, 'postgres');
  return startPostgres({
    log,
    ...(port === undefined ? {} : { port }),
    ...(keepDir === undefined ? {} : { dataDir: join(keepDir, 'postgres') }),
    ...(settings === undefined ? {} : { settings }),
    ...(volumeBytes === undefined ? {} : { volumeBytes }),
  });
}

function startIssuerPart(options: StartStackOptions): Promise<DevelopmentIssuer> {
  const port = portOf(options, 'issuer');
  return startIssuer({ ...(port === undefined ? {} : { port }), clients: options.clients ?? [] });
}

function startJaegerPart({ ports = 'free', log = silentProgress }: StartStackOptions): Promise<Jaeger> {
  return startJaeger({ ports, log });
}

interface Stoppable {
  stop(): Promise<void>;
}

async function allOrNone<T extends (Stoppable | undefined)[]>(starts: {
  [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const outcomes = await Promise.allSettled<Stoppable | undefined>(starts);
  const started = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure === undefined) return started as T;
  await Promise.all(started.map(async (part) => part?.stop()));
  throw failure.reason;
}
