import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Report } from '../src/harness/report.js';

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));

async function bench(...args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, errors };
}

describe('npm run bench', () => {
  test('runs a bench end to end: rounds, CPU per process, loss beside the rate, one last line of JSON', async () => {
    const { code, output, errors } = await bench('harness', '--json', '--rounds', '2', '--messages', '5000');
    expect({ code, errors: code === 0 ? '' : errors }).toEqual({ code: 0, errors: '' });
    const report = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Report;
    expect(Object.keys(report)).toEqual(['bench', 'results', 'machine']);
    expect(report.bench).toBe('harness');
    const figures = new Map(report.results.map((result) => [result.id, result]));
    for (const name of ['once', 'twice']) {
      expect(figures.get(`harness.${name}.rate`)?.value).toBeGreaterThan(0);
      expect(figures.get(`harness.${name}.lost`)).toEqual({
        id: `harness.${name}.lost`,
        value: 0,
        unit: 'messages',
        ship: null,
        met: null,
      });
      expect(figures.get(`harness.${name}.cpu.worker`)?.value).toBeGreaterThan(0);
    }
    expect(report.machine).toMatchObject({ cores: expect.any(Number), node: process.versions.node });
  }, 60_000);

  test('scores the detectors on the labelled series that are shipped: the combined model is worth 65 points there', async () => {
    const { code, output, errors } = await bench('nab', '--json');
    expect({ code, seen: errors.split('\n')[0] }).toEqual({
      code: 0,
      seen: '31 series, 179391 readings, 57 labelled windows',
    });
    const { results } = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Report;
    const figures = new Map(results.map((result) => [result.id, result]));
    expect(figures.get('nab.standard')).toMatchObject({ ship: 55, met: true });
    expect(figures.get('nab.standard')?.value).toBeGreaterThan(65);
  }, 120_000);

  test('lists the benches and the goals when none is named', async () => {
    const { code, output } = await bench();
    expect(code).toBe(0);
    expect(output).toContain('harness ');
    expect(output).toContain('T20');
  }, 60_000);

  test('refuses a name that is none', async () => {
    expect(await bench('nothing')).toMatchObject({ code: 2, errors: expect.stringContaining('no bench "nothing"') });
  }, 60_000);
});
