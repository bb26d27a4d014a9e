import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort, spawnService } from '../src/index.js';

const program = `
import { createServer } from 'node:http';
const server = createServer((request, response) => response.end(process.env.GREETING ?? 'nothing'));
process.on('SIGTERM', () => { console.log('leaving'); process.exit(0); });
if (process.argv[2] === 'fail') throw new Error('no configuration');
server.listen(Number(process.env.HTTP_PORT), '127.0.0.1', () => console.log('listening, secret ' + process.env.DATABASE_URL));
`;

describe('spawnService', () => {
  let directory: string;
  let entry: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'spawn-service-'));
    entry = join(directory, 'service.mjs');
    writeFileSync(entry, program);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('starts a process with the given environment only and waits until it is ready', async () => {
    const port = await freePort();
    const readyUrl = `http://127.0.0.1:${port}/health/ready`;
    const env = { HTTP_PORT: String(port), GREETING: 'hello' };
    await using service = await spawnService(entry, env, { nodeArgs: [], readyUrl, readyLine: /listening/ });
    expect(await (await fetch(readyUrl)).text()).toBe('hello');
    expect(service.logs()).toContain('secret undefined');
    await service.stop();
    expect(service.running).toBe(false);
    expect(service.logs()).toContain('leaving');
    expect(await service.exit()).toEqual({ code: 0, signal: null });
  });

  test('kills at once and tells by which signal', async () => {
    const port = await freePort();
    await using service = await spawnService(
      entry,
      { HTTP_PORT: String(port) },
      { nodeArgs: [], readyLine: /listening/ },
    );
    service.kill();
    expect(await service.exit()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('fails with the log when the service ends before it is ready', async () => {
    const starting = spawnService(entry, {}, { nodeArgs: [], args: ['fail'], readyLine: /listening/ });
    await expect(starting).rejects.toMatchObject({
      code: 'testing.service-ended',
      message: expect.stringContaining('no configuration'),
    });
  });
});
