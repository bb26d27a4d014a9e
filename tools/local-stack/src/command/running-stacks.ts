import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../config.js';
import { placeOfProcesses, processIdentity } from '../processes/identity.js';

/** What `up` tells `down` and `status` about itself. */
export interface RunningStack {
  readonly pid: number;
  readonly identity: string;
  readonly namespace: string;
  readonly startedAt: string;
  readonly env: Readonly<Record<string, string>>;
}

const directory = (): string => join(cacheRoot(), 'stacks');

/** Readable by this user only: the addresses hold the database's password. @returns what takes the note away again */
export function announceStack(env: Readonly<Record<string, string>>): () => void {
  mkdirSync(directory(), { recursive: true });
  const file = join(directory(), `${process.pid}.json`);
  const { namespace } = placeOfProcesses();
  const identity = processIdentity(process.pid) ?? '';
  const stack: RunningStack = { pid: process.pid, identity, namespace, startedAt: new Date().toISOString(), env };
  writeFileSync(file, JSON.stringify(stack), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** Stacks whose `up` is alive; notes of dead ones are deleted. */
export function runningStacks(): RunningStack[] {
  const { namespace } = placeOfProcesses();
  return files().flatMap((file) => {
    const stack = read(file);
    if (stack === undefined || stack.namespace !== namespace) return [];
    if (isAlive(stack)) return [stack];
    rmSync(file, { force: true });
    return [];
  });
}

export const isAlive = (stack: RunningStack): boolean => processIdentity(stack.pid) === stack.identity;

function files(): string[] {
  try {
    return readdirSync(directory()).map((name) => join(directory(), name));
  } catch {
    return [];
  }
}

function read(file: string): RunningStack | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunningStack;
  } catch {
    return undefined;
  }
}
