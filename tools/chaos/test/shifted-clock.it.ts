import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HostClocks } from '../src/host-clocks.js';

const program = `
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', () => {
  const date = new Date();
  console.log(JSON.stringify({ now: Date.now(), made: date.getTime(), isDate: date instanceof Date,
    given: new Date(5).getTime(), parsed: Date.parse('1970-01-01T00:00:01Z'), monotonic: performance.now(), text: typeof Date() }));
});
`;

let folder: string;
let child: ChildProcess;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shifted-clock-'));
});
afterAll(() => {
  child.kill();
  rmSync(folder, { recursive: true });
});

test('a process whose clock jumps sees another time of day, the same monotonic time, and ordinary dates otherwise', async () => {
  const clocks = new HostClocks(folder);
  const env = { ...process.env, ...clocks.env('telemetry') };
  child = spawn(process.execPath, ['--input-type=module', '-e', program], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const ask = async (): Promise<Record<string, number>> => {
    child.stdin?.write('\n');
    return JSON.parse((await answers.next()).value as string) as Record<string, number>;
  };
  /** Asks until the clock is off by that much, within a second. */
  const askWhenOffBy = async (offsetMs: number): Promise<Record<string, number>> => {
    for (;;) {
      const answer = await ask();
      if (Math.abs((answer['now'] ?? 0) - Date.now() - offsetMs) < 1_000) return answer;
    }
  };
  const before = await askWhenOffBy(0);
  clocks.shift('telemetry', 3_600_000);
  const after = await askWhenOffBy(3_600_000);
  expect(after).toMatchObject({ isDate: true, given: 5, parsed: 1_000, text: 'string' });
  expect(Math.abs((after['made'] ?? 0) - (after['now'] ?? 0))).toBeLessThan(100);
  expect((after['monotonic'] ?? 0) - (before['monotonic'] ?? 0)).toBeLessThan(60_000);
  clocks.shift('telemetry', 0);
  await askWhenOffBy(0);
});
