import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The main job as a process, and what it says. */
export interface Job {
  readonly child: ChildProcess;
  readonly said: { output: string; errors: string };
  readonly ended: Promise<readonly [number | null, string | null]>;
}

export function start(args: readonly string[], extra: Record<string, string> = {}): Job {
  const env = { ...process.env };
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete env[name];
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...env, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { output: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.errors += chunk.toString()));
  return { child, said, ended: once(child, 'close') as Promise<[number | null, string | null]> };
}

export async function run(
  args: readonly string[],
  extra?: Record<string, string>,
): Promise<{ code: number | null } & Job['said']> {
  const { said, ended } = start(args, extra);
  const [code] = await ended;
  return { code, ...said };
}

/** The object of the last line. */
export function reportOf(output: string): Record<string, unknown> {
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
