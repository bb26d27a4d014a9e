import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCorpus } from './corpus.js';

describe('a labelled corpus', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'corpus-'));
    await mkdir(join(folder, 'data/a'), { recursive: true });
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const write = async (labels: string, csv: string): Promise<void> => {
    await writeFile(join(folder, 'combined_windows.json'), labels);
    await writeFile(join(folder, 'data/a/b.csv'), csv);
  };
  const rows = (...values: string[]): string =>
    ['timestamp,value', ...values.map((value, row) => `2014-04-01 00:0${row}:00,${value}`)].join('\n');

  test('is read in order, with windows as rows, both ends included, whatever the end of the file', async () => {
    const labels = { 'a/b.csv': [['2014-04-01 00:01:00.000000', '2014-04-01 00:02:30.000000']] };
    await write(JSON.stringify(labels), rows('1', '2.5', '-3e2', '4').replaceAll('\n', '\r\n'));
    const {
      series: [series],
    } = await readCorpus(folder);
    expect(series).toMatchObject({ path: 'a/b.csv', windows: [{ first: 1, last: 2 }] });
    expect([...(series?.values ?? [])]).toEqual([1, 2.5, -300, 4]);
    expect(series?.atMs[1]).toBe(Date.UTC(2014, 3, 1, 0, 1));
  });

  test('a label between two rows is no window', async () => {
    await write('{"a/b.csv":[["2014-04-01 00:00:10","2014-04-01 00:00:20"]]}', rows('1', '2'));
    expect((await readCorpus(folder)).series[0]?.windows).toEqual([]);
  });

  test('labels of series that are not there are named and left out', async () => {
    await write('{"a/b.csv":[],"a/c.csv":[["2014-04-01 00:00:10","2014-04-01 00:00:20"]]}', rows('1', '2'));
    expect(await readCorpus(folder)).toMatchObject({ series: [{ path: 'a/b.csv' }], absent: ['a/c.csv'] });
  });

  test.each([
    ['labels that are no JSON', 'x', rows('1'), 'no JSON'],
    ['labels without any of their files', '{"a/c.csv":[]}', rows('1'), 'none of the labelled series'],
    ['a value that is none', '{"a/b.csv":[]}', rows('1', ''), 'line 3: "" is no number'],
    ['a time that is none', '{"a/b.csv":[]}', 'timestamp,value\nyesterday,1', '"yesterday" is no time'],
  ])('%s: refused with the place', async (_what, labels, csv, message) => {
    await write(labels, csv);
    await expect(readCorpus(folder)).rejects.toMatchObject({
      code: 'benchmarks.usage',
      message: expect.stringContaining(message),
    });
  });
});
