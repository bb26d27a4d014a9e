import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ensureCompleteDirectory, isComplete } from './complete-directory.js';
import { silentProgress } from './progress.js';

describe('a directory of the cache', () => {
  let cache: string;
  let directory: string;
  let fills: number;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'cache-'));
    directory = join(cache, 'thing-1');
    fills = 0;
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  const fill = async (temporary: string): Promise<void> => {
    fills += 1;
    mkdirSync(join(temporary, 'libs'));
    writeFileSync(join(temporary, 'libs', 'a.jar'), 'content');
  };

  test('is filled once, also when several want it at once', async () => {
    await Promise.all([1, 2, 3].map(() => ensureCompleteDirectory(directory, silentProgress, fill)));
    expect(fills).toBe(1);
    expect(readFileSync(join(directory, 'libs', 'a.jar'), 'utf8')).toBe('content');
    expect(readdirSync(cache)).toEqual(['thing-1']);
  });

  test('does not appear at all when filling it fails', async () => {
    const failing = ensureCompleteDirectory(directory, silentProgress, async (temporary) => {
      await fill(temporary);
      throw new Error('the network is gone');
    });
    await expect(failing).rejects.toThrow('the network is gone');
    expect(readdirSync(cache)).toEqual([]);
  });

  test('is filled again when a file of it is missing or cut short, and what a killed process left is removed', async () => {
    mkdirSync(join(cache, '.thing-1.part-abc'));
    await ensureCompleteDirectory(directory, silentProgress, fill);
    writeFileSync(join(directory, 'libs', 'a.jar'), 'cont');
    expect(isComplete(directory)).toBe(false);
    await ensureCompleteDirectory(directory, silentProgress, fill);
    expect(fills).toBe(2);
    expect(isComplete(directory)).toBe(true);
    expect(existsSync(join(cache, '.thing-1.part-abc'))).toBe(false);
  });
});
