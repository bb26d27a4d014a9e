import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logFactsSince } from './log-check.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-check-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('counts lines, the busiest second, errors and secrets, from a position on', async () => {
  const file = join(folder, 'service.log');
  const line = (second: number, level: string, msg: string): string =>
    `{"level":"${level}","time":"2026-11-26T08:00:0${second}.123Z","msg":"${msg}"}\n`;
  const before = line(0, 'error', 'hunter2');
  writeFileSync(file, before + line(1, 'info', 'a') + line(2, 'error', 'b') + line(2, 'fatal', 'swordfish'));
  expect(await logFactsSince(file, before.length, ['hunter2', 'swordfish'])).toEqual({
    lines: 3,
    peakLinesPerSecond: 2,
    errors: 2,
    secretsFound: 1,
  });
});
