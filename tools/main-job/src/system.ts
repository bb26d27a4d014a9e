import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { events } from '@myelin/contracts';
import type { Progress } from '@myelin/local-stack';
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

export async function startSystem(options: SystemOptions): Promise<System> {
  const folder = options.keepFolder ?? (await mkdtemp(join(tmpdir(), 'myelin-')));
  const logFolder = join(folder, 'logs');
  await mkdir(logFolder, { recursive: true });
  const stack = await startRunningStack(options);
  const processes = new Map<ServiceDeclaration['name'], ServiceProcess>();
  const stop = async (): Promise<void> => {
    await Promise.all([...processes.values()].map((service) => service.stop(15_000)));
    await stack.stop();
    if (options.keepFolder === undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    options.progress('creating topics');
    await createTopics(stack.brokers);
    for (const service of services) {
      processes.set(service.name, await prepare(service, stack, logFolder, options));
    }
    options.progress('starting services');
    for (const service of processes.values()) service.start();
    const all = [...processes.values()];
    const ready = async (deadlineMs: number): Promise<void> => {
      await Promise.all(all.map((service) => service.ready(deadlineMs)));
    };
    await ready(60_000);
    const url = (name: ServiceDeclaration['name']): string => (processes.get(name) as ServiceProcess).url;
    return { stack, services: processes, logFolder, url, ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createTopics(brokers: readonly string[]): Promise<void> {
  const admin = createKafkaAdmin({ brokers, clientId: 'main-job' });
  try {
    await admin.ensureTopics(topicPlans(events), { replicationFactor: 1 });
  } finally {
    await admin.close();
  }
}

async function prepare(
  service: ServiceDeclaration,
  stack: RunningStack,
  logFolder: string,
  options: SystemOptions,
): Promise<ServiceProcess> {
  const port = options.freePorts ? await freePort() : Number(options.env[service.portVariable] ?? service.port);
  if (!options.freePorts) await requireFree(port, service);
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
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2_000)));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) {
    throw MainJobError.permanent('main-job.migration-failed', `migrating ${service.name} failed: ${complaint}`);
  }
  return { DATABASE_URL: appUrl };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Says which port is taken before anything else is started on it. */
async function requireFree(port: number, service: ServiceDeclaration): Promise<void> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!free) {
    throw MainJobError.permanent(
      'main-job.port-taken',
      `port ${port} for ${service.name} is taken; end what uses it, or choose another with ${service.portVariable}`,
    );
  }
  server.close();
  await once(server, 'close');
}
