import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { placeOfProcesses } from '../processes/identity.js';
import { withLock } from './file-lock.js';

describe('withLock', () => {
  let directory: string;
  let lock: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'file-lock-'));
    lock = join(directory, 'lock');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('lets one in at a time and is free again after a failure', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      inside -= 1;
      throw new Error('failed inside');
    };
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => withLock(lock, { timeoutMs: 10_000 }, work)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(most).toBe(1);
    expect(existsSync(lock)).toBe(false);
  });

  test('is taken over from a process that is gone', async () => {
    const { boot, namespace } = placeOfProcesses();
    writeFileSync(lock, `${process.pid} ${boot} ${namespace} another-start-time`);
    await expect(withLock(lock, { timeoutMs: 5_000 }, async () => 'in')).resolves.toBe('in');
  });

  test('is not taken from a process of another pid namespace; time runs out with the file named', async () => {
    writeFileSync(lock, `1 ${placeOfProcesses().boot} pid:[1] 17`);
    await expect(withLock(lock, { timeoutMs: 50 }, async () => 'in')).rejects.toMatchObject({
      code: 'local-stack.lock-timeout',
      message: expect.stringContaining(lock),
    });
  });
});
