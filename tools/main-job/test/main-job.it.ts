import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));

async function run(args: readonly string[]): Promise<{ code: number | null; lastLine: string; output: string }> {
  const env = { ...process.env };
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete env[name];
  const child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lastLine: output.trimEnd().split('\n').at(-1) ?? '', output: errors };
}

describe('the main job', () => {
  test('starts everything, runs a fleet, proves it, and says so in one last line of JSON', async () => {
    const { code, lastLine, output } = await run(['--for', '5s', '--json', '--free-ports', '--devices', '40']);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    const report = JSON.parse(lastLine) as Record<string, number>;
    expect(report).toMatchObject({ lost: 0, doubled: 0, altered: 0, invented: 0, miscounted: 0, conflicts: 0 });
    expect(report['accepted']).toBeGreaterThan(100);
    expect(report['stored']).toBe(report['accepted']);
    expect(report['p50Ms']).toBeLessThanOrEqual(report['p99Ms'] ?? 0);
  }, 180_000);

  test('refuses an unknown option and starts nothing', async () => {
    const { code, output } = await run(['--frobnicate']);
    expect(code).toBe(1);
    expect(output).toContain('frobnicate');
  }, 60_000);
});
