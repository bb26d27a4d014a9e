import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureDebianPrograms, prometheusPrograms } from '@myelin/local-stack';
import type { Alert } from '../src/alert.js';
import { promtoolTests } from '../src/promtool-tests.js';
import { allAlerts, derivedFiles } from '../src/derived-files.js';

const run = promisify(execFile);
const bin = await ensureDebianPrograms(prometheusPrograms).catch((error: Error) => error);
if (bin instanceof Error) process.stderr.write(`NOT TESTED: rules with a real promtool: ${bin.message}\n`);

let folder: string;
const ruleFiles: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-'));
  for (const [path, content] of derivedFiles()) {
    if (!path.endsWith('.yml')) continue;
    const file = join(folder, path.replaceAll('/', '-'));
    await writeFile(file, content);
    ruleFiles.push(file);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function promtool(...words: readonly string[]): Promise<string> {
  const ended = run(join(String(bin), 'promtool'), words, { maxBuffer: 16 << 20 });
  const { stdout, stderr } = await ended.catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

async function trials(alerts: readonly Alert[]): Promise<string> {
  const file = join(folder, 'tests.yml');
  await writeFile(file, promtoolTests(alerts, ruleFiles));
  return promtool('test', 'rules', file);
}

(bin instanceof Error ? describe.skip : describe)('a real promtool', () => {
  test('takes every rule', async () => {
    const said = await promtool('check', 'rules', ...ruleFiles);
    expect(said).not.toContain('FAILED');
    expect(said.match(/SUCCESS: \d+ rules found/g)).toHaveLength(ruleFiles.length);
  });

  test('sees each alert fire where it has to, and keep quiet where it has to', async () => {
    expect(await trials(allAlerts)).toMatch(/^Unit Testing:.*\s+SUCCESS\s*$/);
  }, 120_000);

  test('sees an alert that comes too late, and one that fires for nothing', async () => {
    const [alert] = allAlerts.filter(({ name }) => name === 'OutboxOld');
    const { fires, quiet, byMinute } = alert!.trial;
    expect(await trials([{ ...alert!, trial: { fires, quiet, byMinute: 3 } }])).toContain('FAILED');
    expect(await trials([{ ...alert!, trial: { fires, quiet: fires, byMinute } }])).toContain('FAILED');
  });
});
