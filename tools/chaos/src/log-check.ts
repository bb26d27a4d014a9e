import { open, stat } from 'node:fs/promises';

export interface LogFacts {
  readonly lines: number;
  /** Of the busiest second. */
  readonly peakLinesPerSecond: number;
  /** Lines of level error and above. */
  readonly errors: number;
  /** How many of the secrets stand in it. */
  readonly secretsFound: number;
}

/** More on average is a flood: it fills disks and hides what matters. */
export const maxLinesPerSecond = 10;

/** What has been written to a service's log since a position in it. */
export async function logFactsSince(file: string, position: number, secrets: readonly string[]): Promise<LogFacts> {
  const text = await textSince(file, position);
  const lines = text.split('\n').filter((line) => line !== '');
  const bySecond = new Map<string, number>();
  let errors = 0;
  for (const line of lines) {
    const second = /"time":"([^".]+)/.exec(line)?.[1] ?? '';
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
    if (/"level":"(?:error|fatal)"/.test(line)) errors += 1;
  }
  const secretsFound = secrets.filter((secret) => text.includes(secret)).length;
  return { lines: lines.length, peakLinesPerSecond: Math.max(0, ...bySecond.values()), errors, secretsFound };
}

export async function logLength(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function textSince(file: string, position: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.max(0, size - position));
    await handle.read(bytes, 0, bytes.length, position);
    return bytes.toString();
  } finally {
    await handle.close();
  }
}
