import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { supervise } from '../src/supervise.js';

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const settings = { seed: 1, forMs: 60_000, hangMs: 500, maxBytes: 4 * 2 ** 30 };

test('45 seconds of what nobody would send break no promise of the decoders', () => {
  const args = [entry, '--for', '45s', '--seed', '20261126'];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ stdout, stderr, status }).toMatchObject({ stderr: '', status: 0 });
  const [, inputs] = /(\d+) inputs, 0 findings/.exec(stdout) ?? [];
  expect(Number(inputs)).toBeGreaterThan(10_000);
  expect(stdout).toMatch(/\d+ {2}accepted/);
}, 180_000);

describe('the watch', () => {
  test.each([
    ['hangs', 'for (;;);', {}, /^no end after 500 ms/],
    ['dies of memory', 'let chain; for (;;) chain = { chain };', { hangMs: 60_000 }, /memory/],
    ['grows', 'setInterval(() => 0, 100);', { hangMs: 60_000, maxBytes: 1 }, /^the process holds \d+ bytes/],
    ['throws', "throw new Error('a fault of its own');", { hangMs: 60_000 }, /a fault of its own$/],
  ])(
    'names the input by which a decoder %s',
    async (_how, code, changed, broken) => {
      const worker = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
      const { findings } = await supervise(worker, { ...settings, ...changed });
      expect(findings.map((finding) => finding.broken)).toEqual([expect.stringMatching(broken)]);
      expect(findings[0]?.input.bytes).toHaveLength(0);
    },
    120_000,
  );
});

test('an option that is none is told', () => {
  const { stderr, status } = spawnSync(process.execPath, [entry, '--for', 'ever'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([2, expect.stringContaining('fuzzer.options-invalid')]);
});
