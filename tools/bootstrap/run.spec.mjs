import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { runStep } from './run-step.mjs';

const bootstrap = fileURLToPath(new URL('./run.mjs', import.meta.url));
let folder;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'myelin bootstrap '));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(name, source) {
  const file = join(folder, name);
  writeFileSync(file, source);
  return file;
}

const step = (words, options = {}) =>
  runStep(options, { words, node: process.execPath, env: process.env, workspace: folder });

describe('a step', () => {
  test('ends with the exit code of its script, whose arguments arrive word for word', async () => {
    const exits = script('exits.mjs', "process.exit(process.argv[2] === 'two words' ? 7 : 1);");
    expect(await step([exits, 'two words'])).toEqual({ code: 7, interrupted: false });
  });

  test('passes a signal on, waits for the script to finish, and takes its exit code', async () => {
    const waits = script(
      'waits.mjs',
      `const stay = setInterval(() => {}, 1_000);
      process.on('SIGTERM', () => { clearInterval(stay); process.exitCode = 5; });
      process.stdout.write('ready\\n');`,
    );
    const parent = script(
      'parent.mjs',
      `import { runStep } from ${JSON.stringify(new URL('./run-step.mjs', import.meta.url).href)};
      const words = [${JSON.stringify(waits)}];
      const end = await runStep({}, { words, node: process.execPath, env: process.env, workspace: '.' });
      process.stdout.write(JSON.stringify(end));`,
    );
    const child = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output === 'ready\n') child.kill('SIGTERM');
    });
    await once(child, 'close');
    expect(output).toBe('ready\n{"code":5,"interrupted":true}');
  });
});

describe('the bootstrap', () => {
  test('lists its commands when it does not know one, before it installs anything', () => {
    const { status, stderr } = spawnSync(process.execPath, [bootstrap, 'dance'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('There is no command "dance". The commands are:\n  npm run start');
  });
});

describe('a lock', () => {
  test('lets one in at a time', async () => {
    const order = [];
    const work = (name) =>
      withLock(join(folder, 'lock'), 'the other one', async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} out`);
      });
    await Promise.all([work('a'), work('b')]);
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out']);
  });

  test('of a process that is gone counts for nothing', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(join(folder, 'stale'), String(gone));
    expect(await withLock(join(folder, 'stale'), 'the other one', async () => 'in')).toBe('in');
  });
});
