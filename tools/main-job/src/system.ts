import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { events } from '@myelin/contracts';
import { freePorts, type Progress, SupervisedRun } from '@myelin/local-stack';
import { isRetryable } from '@myelin/kernel';
import { createKafkaAdmin, topicPlans } from '@myelin/messaging';
import { provisionServiceDatabase } from '@myelin/persistence';
import { MainJobError } from './main-job.errors.js';
import { ServiceProcess } from './service-process.js';
import { entryOf, type ServiceDeclaration, services } from './services.js';
import { type RunningStack, startRunningStack } from './stack.js';

export interface SystemOptions {
  readonly keepFolder?: string | undefined;
  readonly freePorts: boolean;
  readonly progress: Progress;
  readonly env: NodeJS.ProcessEnv;
  /** Told when a service ended without being asked to. */
  readonly onUnexpectedExit: (service: string, how: string) => void;
  /** Aborted: the start is given up at the next step, and what was started is stopped. */
  readonly signal?: AbortSignal;
}

/** The whole of Myelin on one machine: stack, databases, topics, and every service as a process. */
export interface System {
  readonly stack: RunningStack;
  readonly services: ReadonlyMap<ServiceDeclaration['name'], ServiceProcess>;
  /** Where the services' logs are written. */
  readonly logFolder: string;
  url(service: ServiceDeclaration['name']): string;
  ready(deadlineMs: number): Promise<void>;
  stop(): Promise<void>;
}

type ServiceName = ServiceDeclaration['name'];

/** What is stopped in the end, however far the start has come. */
interface Started {
  readonly run: SupervisedRun;
  readonly logFolder: string;
  readonly services: Map<ServiceName, ServiceProcess>;
  stack?: RunningStack;
}

/** @throws MainJobError, LocalStackError, or the reason of an aborted `signal`; nothing is left running then */
export async function startSystem(options: SystemOptions): Promise<System> {
  const ports = await choosePorts(options);
  const run = await SupervisedRun.open();
  const logFolder = await makeLogFolder(run, options.keepFolder);
  const started: Started = { run, logFolder, services: new Map() };
  const stop = async (): Promise<void> => {
    await Promise.all([...started.services.values()].map((service) => service.stop(15_000)));
    await started.stack?.stop();
    await run.close();
  };
  try {
    const stack = await startEverything(started, ports, options);
    const url = (name: ServiceName): string => (started.services.get(name) as ServiceProcess).url;
    const ready = (deadlineMs: number): Promise<void> => allReady(started, deadlineMs);
    return { stack, services: started.services, logFolder, url, ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEverything(
  started: Started,
  ports: ReadonlyMap<ServiceName, number>,
  options: SystemOptions,
): Promise<RunningStack> {
  const stack = (started.stack = await startRunningStack(options));
  options.signal?.throwIfAborted();
  options.progress('creating topics');
  await createTopics(stack.brokers);
  for (const service of services) {
    options.signal?.throwIfAborted();
    const port = ports.get(service.name) as number;
    started.services.set(service.name, await prepare(service, port, { ...started, stack }, options));
  }
  options.signal?.throwIfAborted();
  options.progress('starting services');
  for (const service of started.services.values()) await service.start();
  await allReady(started, 60_000);
  options.signal?.throwIfAborted();
  return stack;
}

async function allReady({ services: all }: Started, deadlineMs: number): Promise<void> {
  await Promise.all([...all.values()].map((service) => service.ready(deadlineMs)));
}

/** Logs name devices and tenants: they are for whoever started this only. */
async function makeLogFolder(run: SupervisedRun, keepFolder: string | undefined): Promise<string> {
  const folder = keepFolder === undefined ? run.temporaryDirectory('services') : resolve(keepFolder);
  const logFolder = join(folder, 'logs');
  await mkdir(logFolder, { recursive: true });
  await chmod(logFolder, 0o700);
  return logFolder;
}

async function createTopics(brokers: readonly string[]): Promise<void> {
  const admin = createKafkaAdmin({ brokers, clientId: 'main-job' });
  try {
    await admin.ensureTopics(topicPlans(events), { replicationFactor: 1 });
  } catch (cause) {
    if (!isRetryable(cause)) throw cause;
    const message = `Kafka at ${brokers.join(',')} does not answer; KAFKA_BROKERS names brokers that run, without it one is started`;
    throw MainJobError.permanent('main-job.kafka-unreachable', message, { cause });
  } finally {
    await admin.close();
  }
}

async function prepare(
  service: ServiceDeclaration,
  port: number,
  { run, stack, logFolder }: Started & { readonly stack: RunningStack },
  options: SystemOptions,
): Promise<ServiceProcess> {
  const env: Record<string, string> = {
    HTTP_PORT: String(port),
    KAFKA_BROKERS: stack.brokers.join(','),
    OIDC_ISSUER: stack.issuer,
    ...(service.hasDatabase ? await prepareDatabase(service, stack, options) : {}),
  };
  return new ServiceProcess(
    {
      name: service.name,
      entry: entryOf(service.name, 'main'),
      url: `http://127.0.0.1:${port}`,
      env,
      logFile: join(logFolder, `${service.name}.log`),
    },
    run,
    options.onUnexpectedExit,
  );
}

async function prepareDatabase(
  service: ServiceDeclaration,
  stack: RunningStack,
  options: SystemOptions,
): Promise<Record<string, string>> {
  options.progress(`migrating the database of ${service.name}`);
  const password = (): string => randomBytes(24).toString('base64url');
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
  return { DATABASE_URL: appUrl };
}

/** @throws MainJobError main-job.port-taken, main-job.port-invalid before anything is started */
async function choosePorts({ freePorts: random, env }: SystemOptions): Promise<Map<ServiceName, number>> {
  const free = random ? await freePorts(services.length) : [];
  const ports = new Map<ServiceName, number>();
  for (const [i, service] of services.entries()) {
    const text = env[service.portVariable] ?? String(service.port);
    const port = free[i] ?? Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw MainJobError.permanent('main-job.port-invalid', `${service.portVariable}=${text} is no port`);
    }
    if (!random) await requireFree(port, service);
    ports.set(service.name, port);
  }
  return ports;
}

async function requireFree(port: number, service: ServiceDeclaration): Promise<void> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!free) {
    throw MainJobError.permanent(
      'main-job.port-taken',
      `port ${port} for ${service.name} is taken (does another npm start run?); end what uses it, ` +
        `choose another with ${service.portVariable}, or take free ones for everything with --free-ports`,
    );
  }
  server.close();
  await once(server, 'close');
}
