import { parseArgs } from 'node:util';
import { LocalStackError } from '../local-stack.errors.js';

export const usage = `usage: local-stack <command> [options]

  up        start Kafka, PostgreSQL and the development issuer; Ctrl-C stops them
  down      stop what 'up' has started in another terminal
  status    what runs, and whether it answers; exit code 3 when nothing runs
  jaeger    build Jaeger once (about five minutes, needs Go), start it and print its addresses; Ctrl-C stops it
  swupdate  fetch the update client SWUpdate once, with OpenSSL and cpio, and print the folder of these programs

options of 'up' ('jaeger' takes --free-ports too):
  --keep <dir>          keep data below <dir> (default: thrown away)
  --nodes <1|3>         Kafka nodes (default 1)
  --free-ports          take free ports instead of those of the README
  --kafka-port <n>      first port of Kafka; three nodes take three in a row
  --postgres-port <n>
  --issuer-port <n>
  --jaeger              Jaeger too, built first if need be
  --tenant <id>         tenant of the ready-made operator (default demo)

KAFKA_BROKERS, DATABASE_URL, OIDC_ISSUER and OTEL_EXPORTER_OTLP_ENDPOINT name servers that run already: those are not started.`;

export interface UpArguments {
  readonly keepDir: string | undefined;
  readonly kafkaNodes: 1 | 3;
  readonly ports: 'free' | 'fixed';
  readonly kafkaPort: number | undefined;
  readonly postgresPort: number | undefined;
  readonly issuerPort: number | undefined;
  readonly jaeger: boolean;
  readonly tenant: string;
}

export type Command =
  | { readonly name: 'up'; readonly options: UpArguments }
  | { readonly name: 'jaeger'; readonly ports: 'free' | 'fixed' }
  | { readonly name: 'down' | 'status' | 'swupdate' | 'help' };

const optionTypes = {
  keep: { type: 'string' },
  nodes: { type: 'string', default: '1' },
  'free-ports': { type: 'boolean', default: false },
  'kafka-port': { type: 'string' },
  'postgres-port': { type: 'string' },
  'issuer-port': { type: 'string' },
  jaeger: { type: 'boolean', default: false },
  tenant: { type: 'string', default: 'demo' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws LocalStackError local-stack.usage */
export function parseCommand(words: readonly string[]): Command {
  const { values, positionals } = parsed(words);
  const [name, ...rest] = positionals;
  if (values.help || name === undefined) return { name: 'help' };
  if (rest.length > 0) throw wrong(`${rest.join(' ')} is too much`);
  if (name === 'down' || name === 'status' || name === 'swupdate') return { name };
  const ports = values['free-ports'] ? 'free' : 'fixed';
  if (name === 'jaeger') return { name, ports };
  if (name !== 'up') throw wrong(`there is no command ${name}`);
  if (values.nodes !== '1' && values.nodes !== '3') throw wrong('--nodes is 1 or 3');
  const options: UpArguments = {
    keepDir: values.keep,
    kafkaNodes: values.nodes === '3' ? 3 : 1,
    ports,
    kafkaPort: portOf('--kafka-port', values['kafka-port']),
    postgresPort: portOf('--postgres-port', values['postgres-port']),
    issuerPort: portOf('--issuer-port', values['issuer-port']),
    jaeger: values.jaeger,
    tenant: values.tenant,
  };
  return { name, options };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: optionTypes, allowPositionals: true, strict: true });
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function portOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port > 0 && port < 65_536) return port;
  throw wrong(`${option} is a port number, 1 to 65535`);
}

function wrong(problem: string): LocalStackError {
  return LocalStackError.permanent('local-stack.usage', `${problem}\n\n${usage}`);
}
