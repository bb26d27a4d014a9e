import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, type StartStackOptions, startStack, usualParts } from '../stack/start-stack.js';
import type { UpArguments } from './arguments.js';
import { jaegerLines } from './jaeger.js';
import { announceStack } from './running-stacks.js';
import { untilTold } from './until-told.js';

const operator = 'dev-operator';
const platformAdmin = 'dev-platform-admin';

/** Runs until it is told to stop. @returns the exit code: 0 after Ctrl-C or `down`, 1 when a server has died */
export async function up(options: UpArguments, print: (line: string) => void): Promise<number> {
  const told = untilTold(print);
  const stack = await startStack({ ...stackOptions(options), log: print });
  const retract = announceStack(stack.env);
  try {
    if (!told.aborted) describe(stack, print);
    const dead = await firstDeath(stack, told);
    if (dead === undefined) return 0;
    print(dead);
    return 1;
  } finally {
    await stack.stop();
    retract();
    print(
      options.keepDir === undefined ? 'stopped, nothing is left behind' : `stopped, data is kept in ${options.keepDir}`,
    );
  }
}

function stackOptions(options: UpArguments): StartStackOptions {
  const { keepDir, kafkaNodes, ports, kafkaPort, postgresPort, issuerPort, tenant } = options;
  return {
    ...{ kafkaNodes, ports },
    ...(options.jaeger ? { parts: [...usualParts, 'jaeger'] } : {}),
    ...(keepDir === undefined ? {} : { keepDir }),
    ...(kafkaPort === undefined ? {} : { kafkaPort }),
    ...(postgresPort === undefined ? {} : { postgresPort }),
    ...(issuerPort === undefined ? {} : { issuerPort }),
    clients: [
      { id: operator, tenant, roles: ['admin'] },
      { id: platformAdmin, tenant, roles: ['platform-admin'] },
    ],
  };
}

function describe({ env, issuer, jaeger }: Stack, print: (line: string) => void): void {
  for (const [name, value] of Object.entries(env)) print(`${name}=${value}`);
  if (issuer !== undefined) {
    for (const [id, secret] of issuer.secrets) {
      print(`token of ${id}: curl -s -u ${id}:${secret} -d grant_type=client_credentials ${issuer.tokenEndpoint}`);
    }
  }
  if (jaeger !== undefined) for (const line of jaegerLines(jaeger).slice(1)) print(line);
  print('ready; Ctrl-C stops');
}

/** What to say about the first server that has ended by itself; undefined once the signal is given. */
async function firstDeath({ kafka, postgres, jaeger }: Stack, stop: AbortSignal): Promise<string | undefined> {
  while (!stop.aborted) {
    const node = kafka?.nodes.find(({ pid }) => pid === undefined);
    if (node !== undefined) return `Kafka node ${node.id} has ended by itself; its log was\n${node.logTail()}`;
    if (postgres !== undefined && postgres.pid === undefined) {
      return `PostgreSQL has ended by itself; its log was\n${postgres.logTail()}`;
    }
    if (jaeger !== undefined && jaeger.pid === undefined) {
      return `Jaeger has ended by itself; its log was\n${jaeger.logTail()}`;
    }
    await delay(500, undefined, { signal: stop }).catch(() => undefined);
  }
  return undefined;
}
