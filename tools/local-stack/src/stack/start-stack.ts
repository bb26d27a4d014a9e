import { join } from 'node:path';
import { type Progress, silentProgress } from '../cache/progress.js';
import { localStackSettings } from '../config.js';
import { type DevelopmentIssuer, type IssuerClient, startIssuer } from '../issuer/start-issuer.js';
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
  /** Default: all three. What the configuration replaces (KAFKA_BROKERS, DATABASE_URL, OIDC_ISSUER) is never started. */
  readonly parts?: readonly StackPart[];
  /** Clients that the development issuer knows from the start. */
  readonly clients?: readonly IssuerClient[];
  readonly kafkaProperties?: Readonly<Record<string, string>>;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  readonly log?: Progress;
}

export type StackPart = 'kafka' | 'postgres' | 'issuer';

export interface Stack {
  /** KAFKA_BROKERS, DATABASE_URL (a superuser) and OIDC_ISSUER of the parts that were started or replaced. */
  readonly env: Record<string, string>;
  /** Undefined where configuration replaced it, or where it was not asked for. */
  readonly kafka: Kafka | undefined;
  readonly postgres: Postgres | undefined;
  readonly issuer: DevelopmentIssuer | undefined;
  /** Stops what was started, and nothing else. */
  stop(): Promise<void>;
}

/** Starts the parts side by side; when one fails, stops the others. @throws LocalStackError */
export async function startStack(options: StartStackOptions = {}): Promise<Stack> {
  const { brokers, databaseUrl, oidcIssuer } = localStackSettings();
  const wanted = new Set<StackPart>(options.parts ?? ['kafka', 'postgres', 'issuer']);
  const [kafka, postgres, issuer] = await allOrNone([
    wanted.has('kafka') && brokers === undefined ? startKafkaPart(options) : undefined,
    wanted.has('postgres') && databaseUrl === undefined ? startPostgresPart(options) : undefined,
    wanted.has('issuer') && oidcIssuer === undefined ? startIssuerPart(options) : undefined,
  ]);
  const env = {
    KAFKA_BROKERS: wanted.has('kafka') ? (kafka?.brokers ?? brokers)?.join(',') : undefined,
    DATABASE_URL: wanted.has('postgres') ? (postgres?.url ?? databaseUrl) : undefined,
    OIDC_ISSUER: wanted.has('issuer') ? (issuer?.issuer ?? oidcIssuer) : undefined,
  };
  const known = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    env: Object.fromEntries(known),
    ...{ kafka, postgres, issuer },
    stop: async () => void (await Promise.all([kafka?.stop(), postgres?.stop(), issuer?.stop()])),
  };
}

const portOf = (options: StartStackOptions, part: StackPart): number | undefined =>
  options[`${part}Port`] ?? (options.ports === 'fixed' ? defaultPorts[part] : undefined);

function startKafkaPart(options: StartStackOptions): Promise<Kafka> {
  const { kafkaNodes: nodes = 1, keepDir, kafkaProperties: properties, log = silentProgress } = options;
  const first = portOf(options, 'kafka');
  return startKafka({
    ...{ nodes, log },
    ...(first === undefined ? {} : { ports: Array.from({ length: nodes }, (_, index) => first + index) }),
    ...(keepDir === undefined ? {} : { dataDir: join(keepDir, 'kafka') }),
    ...(properties === undefined ? {} : { properties }),
  });
}

function startPostgresPart(options: StartStackOptions): Promise<Postgres> {
  const { keepDir, postgresSettings: settings, log = silentProgress } = options;
  const port = portOf(options, 'postgres');
  return startPostgres({
    log,
    ...(port === undefined ? {} : { port }),
    ...(keepDir === undefined ? {} : { dataDir: join(keepDir, 'postgres') }),
    ...(settings === undefined ? {} : { settings }),
  });
}

function startIssuerPart(options: StartStackOptions): Promise<DevelopmentIssuer> {
  const port = portOf(options, 'issuer');
  return startIssuer({ ...(port === undefined ? {} : { port }), clients: options.clients ?? [] });
}

interface Stoppable {
  stop(): Promise<void>;
}

async function allOrNone<T extends (Promise<Stoppable> | undefined)[]>(
  starts: readonly [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const outcomes = await Promise.allSettled(starts);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  const started = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
  if (failure?.status !== 'rejected') return started as { [K in keyof T]: Awaited<T[K]> };
  await Promise.all(started.map((part) => part?.stop()));
  throw failure.reason;
}
