import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePorts } from '@myelin/local-stack';
import { MainJobError } from './main-job.errors.js';
import { type ServiceDeclaration, type ServiceName, services } from './services.js';

/** One process of a service: the first has the service's name, further ones a number behind it (`telemetry-2`). */
export interface Instance {
  readonly name: string;
  readonly service: ServiceDeclaration;
  readonly port: number;
  /** Where it has its metrics, its log level and its profiles. */
  readonly adminPort: number;
}

/** How far behind a service's own port its admin port is. */
const adminOffset = 100;

export interface InstanceOptions {
  /** Random free ports instead of the fixed ones. */
  readonly freePorts: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Processes per service; 1 where nothing is said, none where it is 0. Further ones always take free ports. */
  readonly instances?: Readonly<Partial<Record<ServiceName, number>>>;
}

/** @throws MainJobError main-job.port-taken, main-job.port-invalid before anything is started */
export async function planInstances(options: InstanceOptions): Promise<Instance[]> {
  const wanted = services.flatMap((service) => {
    const count = options.instances?.[service.name] ?? 1;
    return Array.from({ length: count }, (_, i) => ({ service, number: i + 1 }));
  });
  const free = await freePorts(2 * wanted.length);
  const planned: Instance[] = [];
  for (const [i, { service, number }] of wanted.entries()) {
    const isFixed = number === 1 && !options.freePorts;
    const port = isFixed ? await fixedPort(service, options.env) : (free[2 * i] as number);
    const adminPort = isFixed ? await fixedPort(adminOf(service), options.env) : (free[2 * i + 1] as number);
    planned.push({ name: number === 1 ? service.name : `${service.name}-${number}`, service, port, adminPort });
  }
  return planned;
}

type WantedPort = Pick<ServiceDeclaration, 'name' | 'port' | 'portVariable'>;

/** `ALERTING_ADMIN_PORT` beside `ALERTING_PORT`. */
function adminOf({ name, port, portVariable }: ServiceDeclaration): WantedPort {
  return { name, port: port + adminOffset, portVariable: portVariable.replace(/_PORT$/, '_ADMIN_PORT') };
}

async function fixedPort(service: WantedPort, env: NodeJS.ProcessEnv): Promise<number> {
  const text = env[service.portVariable] ?? String(service.port);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw MainJobError.permanent('main-job.port-invalid', `${service.portVariable}=${text} is no port`);
  }
  await requireFree(port, service);
  return port;
}

async function requireFree(port: number, service: WantedPort): Promise<void> {
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
