import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LocalStackError } from '../local-stack.errors.js';
import { ensureDebianPrograms } from './debian-programs.js';

const kept = { ...process.env };
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'cache-'));
  process.env['MYELIN_CACHE'] = cache;
});
afterEach(() => {
  process.env = { ...kept };
  rmSync(cache, { recursive: true });
});

test('programs that cannot be fetched leave nothing behind, and the reason is told', async () => {
  process.env['PATH'] = cache; // without apt-get, as on a machine that is not Debian's
  const wanted = { name: 'thing', packages: ['thing', 'other'], check: ['thing', '--version'] } as const;
  const error = await ensureDebianPrograms(wanted).catch((thrown: unknown) => thrown as LocalStackError);
  expect(error).toMatchObject({ code: 'local-stack.programs-missing' });
  expect(String(error)).toContain("thing, other cannot be had from Debian's packages: spawn apt-get ENOENT");
  expect(readdirSync(cache)).toEqual([]);
});
