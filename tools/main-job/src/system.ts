import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { events } from '@myelin/contracts';
import { SupervisedRun, type TcpProxy } from '@myelin/local-stack';
import { isRetryable } from '@myelin/kernel';
import { createKafkaAdmin, topicPlans } from '@myelin/messaging';
import { provisionServiceDatabase } from '@myelin/persistence';
import { type Instance, type InstanceOptions, planInstances } from './instances.js';
import { MainJobError } from './main-job.errors.js';
import { ServiceProcess } from './service-process.js';
import { entryOf, passedOn, type ServiceDeclaration, type ServiceName } from './services.js';
import { type RunningStack, type StackOptions, startRunningStack } from './stack.js';

export interface SystemOptions extends StackOptions, InstanceOptions {
  /** Told when a service ended without being asked to; `instance` is its name or, with several, that and a number. */
  readonly onUnexpectedExit: (instance: string, how: string) => void;
  /** Aborted: the start is given up at the next step, and what was started is stopped. */
  readonly signal?: AbortSignal;
  /** Stand between the services and a server that is started here; only with a single Kafka node. */
  readonly proxies?: { readonly kafka?: TcpProxy; readonly database?: TcpProxy };
  /** For every service, on top of the environment that they inherit. */
  readonly sharedEnv?: Readonly<Record<string, string>>;
  /** On top of what a service gets. */
  readonly serviceEnv?: Readonly<Partial<Record<ServiceName, Readonly<Record<string, string>>>>>;
}

/** The whole of Myelin on one machine: stack, databases, topics, and every service as a process. */
export interface System {
  readonly stack: RunningStack;
  /** By the names of the instances. */
  readonly services: ReadonlyMap<string, ServiceProcess>;
  /** What must never stand in a log: the passwords of the databases' roles. */
  readonly secrets: readonly string[];
  /** Where the services' logs are written. */
  readonly logFolder: string;
  /** Of the service's first instance. */
  url(service: ServiceName): string;
  ready(deadlineMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** What is stopped in the end, however far the start has come. */
interface Started {
  readonly run: SupervisedRun;
  readonly folder: string;
  readonly logFolder: string;
  readonly services: Map<string, ServiceProcess>;
  readonly secrets: string[];
  stack?: RunningStack;
}

/** @throws MainJobError, LocalStackError, or the reason of an aborted `signal`; nothing is left running then */
export async function startSystem(options: SystemOptions): Promise<System> {
  const instances = await planInstances(options);
  const run = await SupervisedRun.open();
  const folder = options.keepFolder === undefined ? run.temporaryDirectory('services') : resolve(options.keepFolder);
  const logFolder = await makeLogFolder(folder);
  const started: Started = { run, folder, logFolder, services: new Map(), secrets: [] };
  const stop = async (): Promise<void> => {
    await Promise.all([...started.services.values()].map((service) => service.stop(15_000)));
    await started.stack?.stop();
    await run.close();
  };
  try {
    const stack = await startEverything(started, instances, options);
    const url = (name: ServiceName): string => (started.services.get(name) as ServiceProcess).url;
    const ready = (deadlineMs: number): Promise<void> => allReady(started, deadlineMs);
    return { stack, services: started.services, secrets: started.secrets, logFolder, url, ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEverything(
  started: Started,
  instances: readonly Instance[],
  options: SystemOptions,
): Promise<RunningStack> {
  const stack = (started.stack = await startRunningStack(behindProxies(options)));
  const addresses = throughProxies(stack, options);
  options.signal?.throwIfAborted();
  options.progress('creating topics');
  await createTopics(stack.brokers, options.servers?.kafkaNodes ?? 1);
  const databases = new Map<ServiceName, Record<string, string>>();
  for (const instance of instances) {
    options.signal?.throwIfAborted();
    const { service } = instance;
    const database =
      databases.get(service.name) ?? (await prepareDatabase(service, { ...started, stack }, addresses, options));
    databases.set(service.name, database);
    const folders = foldersOf(service, started.folder);
    const given = { ...folders, ...passedOn(service, options.env), ...options.serviceEnv?.[service.name] };
    const env = { ...options.sharedEnv, ...addresses.env, ...database, ...given };
    started.services.set(instance.name, prepare(instance, env, started, options));
  }
  options.signal?.throwIfAborted();
  options.progress('starting services');
  for (const service of started.services.values()) await service.start();
  await allReady(started, 60_000);
  options.signal?.throwIfAborted();
  return stack;
}

/** Where the services find the servers. */
interface Addresses {
  readonly env: Readonly<Record<string, string>>;
  /** The port in place of the database's own. */
  readonly databasePort: number | undefined;
}

/** Clients go where a broker says that it is, so the broker has to name the proxy. */
function behindProxies(options: SystemOptions): StackOptions {
  const { proxies, servers } = options;
  if (proxies?.kafka === undefined) return options;
  const advertised = { 'advertised.listeners': `PLAINTEXT://${proxies.kafka.address}` };
  return { ...options, servers: { ...servers, kafkaProperties: { ...servers?.kafkaProperties, ...advertised } } };
}

function throughProxies({ parts, brokers, issuer }: RunningStack, { proxies }: SystemOptions): Addresses {
  const node = parts.kafka?.nodes[0];
  if (node !== undefined) proxies?.kafka?.forwardTo(node.port);
  if (parts.postgres !== undefined) proxies?.database?.forwardTo(parts.postgres.port);
  const known = proxies?.kafka === undefined ? brokers : [proxies.kafka.address];
  return { env: { KAFKA_BROKERS: known.join(','), OIDC_ISSUER: issuer }, databasePort: proxies?.database?.port };
}

async function allReady({ services: all }: Started, deadlineMs: number): Promise<void> {
  await Promise.all([...all.values()].map((service) => service.ready(deadlineMs)));
}

/** Logs name devices and tenants: they are for whoever started this only. */
async function makeLogFolder(folder: string): Promise<string> {
  const logFolder = join(folder, 'logs');
  await mkdir(logFolder, { recursive: true });
  await chmod(logFolder, 0o700);
  return logFolder;
}

function foldersOf({ folders = {} }: ServiceDeclaration, folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(folders).map(([variable, place]) => [variable, join(folder, place)]));
}

async function createTopics(brokers: readonly string[], replicationFactor: number): Promise<void> {
  const admin = createKafkaAdmin({ brokers, clientId: 'main-job' });
  try {
    await admin.ensureTopics(topicPlans(events), { replicationFactor });
  } catch (cause) {
    if (!isRetryable(cause)) throw cause;
    const message = `Kafka at ${brokers.join(',')} does not answer; KAFKA_BROKERS names brokers that run, without it one is started`;
    throw MainJobError.permanent('main-job.kafka-unreachable', message, { cause });
  } finally {
    await admin.close();
  }
}

function prepare(
  { name, service, port, adminPort }: Instance,
  env: Readonly<Record<string, string>>,
  { run, logFolder }: Started,
  options: SystemOptions,
): ServiceProcess {
  return new ServiceProcess(
    {
      name,
      entry: entryOf(service.name, 'main'),
      url: `http://127.0.0.1:${port}`,
      adminUrl: `http://127.0.0.1:${adminPort}`,
      env: { HTTP_PORT: String(port), ADMIN_PORT: String(adminPort), ...env },
      logFile: join(logFolder, `${name}.log`),
    },
    run,
    options.onUnexpectedExit,
  );
}

async function prepareDatabase(
  service: ServiceDeclaration,
  { stack, secrets }: Started & { readonly stack: RunningStack },
  { databasePort }: Addresses,
  options: SystemOptions,
): Promise<Record<string, string>> {
  if (!service.hasDatabase) return {};
  options.progress(`migrating the database of ${service.name}`);
  const password = (): string => {
    const made = randomBytes(24).toString('base64url');
    secrets.push(made);
    return made;
  };
  const { ownerUrl, appUrl } = await provisionServiceDatabase({
    adminUrl: stack.databaseUrl,
    service: service.name,
    ownerPassword: password(),
    appPassword: password(),
  });
  const child = spawn(process.execPath, [entryOf(service.name, 'migrate')], {
    env: { PATH: process.env['PATH'] ?? '', DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: appUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  const listen = (chunk: Buffer): void => void (complaint = (complaint + chunk.toString()).slice(-2_000));
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) {
    throw MainJobError.permanent('main-job.migration-failed', `migrating ${service.name} failed: ${complaint}`);
  }
  const url = new URL(appUrl);
  if (databasePort !== undefined) url.port = String(databasePort);
  return { DATABASE_URL: url.href };
}
