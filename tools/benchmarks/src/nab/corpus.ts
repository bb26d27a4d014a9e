import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchmarksError } from '../harness/benchmarks.errors.js';

/** A recorded series of which somebody has said when something was wrong. */
export interface LabelledSeries {
  /** Below `data/`, as in the labels. */
  readonly path: string;
  readonly atMs: Float64Array;
  readonly values: Float64Array;
  readonly windows: readonly AnomalyWindow[];
}

/** The rows of one anomaly, both inclusive. */
export interface AnomalyWindow {
  readonly first: number;
  readonly last: number;
}

export interface Corpus {
  readonly series: readonly LabelledSeries[];
  /** Labelled, and not there: a part of a corpus may come with the labels of the whole. */
  readonly absent: readonly string[];
}

/**
 * A folder as the Numenta Anomaly Benchmark has it: `combined_windows.json` with the windows of each series, and the series
 * below `data/`. Times are taken for UTC.
 *
 * @throws BenchmarksError benchmarks.usage when the folder is laid out in another way, with the file and line
 */
export async function readCorpus(folder: string): Promise<Corpus> {
  const labels = parseLabels(await readText(join(folder, 'combined_windows.json')));
  const paths = Object.keys(labels).sort();
  const fileOf = (path: string): string => join(folder, 'data', path);
  const present = paths.filter((path) => existsSync(fileOf(path)));
  if (present.length === 0) throw notLaidOut(`${join(folder, 'data')} has none of the labelled series`);
  const series = present.map(async (path) => {
    const file = fileOf(path);
    const { atMs, values } = parseRows(await readText(file), file);
    const windows = (labels[path] ?? []).map(([from, to]) => rowsBetween(atMs, timeOf(from, file), timeOf(to, file)));
    return { path, atMs, values, windows: windows.filter(({ first, last }) => first <= last) };
  });
  return { series: await Promise.all(series), absent: paths.filter((path) => !present.includes(path)) };
}

type Labels = Record<string, readonly (readonly [string, string])[]>;

function parseLabels(text: string): Labels {
  try {
    return JSON.parse(text) as Labels;
  } catch (cause) {
    throw BenchmarksError.permanent('benchmarks.usage', 'combined_windows.json is no JSON', { cause });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw notLaidOut(`${file} cannot be read`, cause);
  }
}

function notLaidOut(what: string, cause?: unknown): BenchmarksError {
  const message = `${what}; --data takes a folder with combined_windows.json and data/<group>/<series>.csv`;
  return BenchmarksError.permanent('benchmarks.usage', message, { cause });
}

function parseRows(text: string, file: string): { atMs: Float64Array; values: Float64Array } {
  const lines = text.trim().split(/\r?\n/).slice(1);
  const atMs = new Float64Array(lines.length);
  const values = new Float64Array(lines.length);
  lines.forEach((line, row) => {
    const [time = '', value = ''] = line.split(',');
    atMs[row] = timeOf(time, file);
    values[row] = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isFinite(values[row])) {
      throw BenchmarksError.permanent('benchmarks.usage', `${file}, line ${row + 2}: "${value}" is no number`);
    }
  });
  return { atMs, values };
}

/** `2014-04-10 07:15:00`, with or without fractions of a second, which are left out. */
function timeOf(text: string, file: string): number {
  const atMs = Date.parse(`${text.trim().slice(0, 19).replace(' ', 'T')}Z`);
  if (Number.isNaN(atMs)) throw BenchmarksError.permanent('benchmarks.usage', `${file}: "${text}" is no time`);
  return atMs;
}

function rowsBetween(atMs: Float64Array, fromMs: number, toMs: number): AnomalyWindow {
  const first = atMs.findIndex((at) => at >= fromMs);
  return { first: first === -1 ? atMs.length : first, last: atMs.findLastIndex((at) => at <= toMs) };
}
