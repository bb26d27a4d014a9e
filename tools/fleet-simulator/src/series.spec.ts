import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSeries, shippedDataFolder } from './series.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'series-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('recorded series', () => {
  test('the shipped ones are read whole', async () => {
    const series = await loadSeries(shippedDataFolder);
    expect(series.map(({ metric, values }) => [metric, values.length])).toEqual([
      ['temperature', 7267],
      ['load', 4032],
      ['occupancy', 2380],
      ['speed', 2500],
    ]);
    expect(series[0]?.values[0]).toBe(69.88083514);
  });

  test('a folder of one’s own gives metrics named after its files', async () => {
    await writeFile(join(folder, 'my pump.csv'), 'timestamp,value\n2026-01-01 00:00:00,1.5\n');
    expect(await loadSeries(folder)).toEqual([{ metric: 'my_pump', values: Float64Array.of(1.5) }]);
  });

  test('a row without a number is named', async () => {
    await writeFile(join(folder, 'my pump.csv'), 'timestamp,value\n2026-01-01 00:00:00,1.5\n2026-01-01 00:00:01,x\n');
    await expect(loadSeries(folder)).rejects.toThrow('row 3');
  });

  test('a folder that is not there is named', async () => {
    await expect(loadSeries(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'simulator.data-invalid',
      message: expect.stringContaining('nowhere'),
    });
  });
});
