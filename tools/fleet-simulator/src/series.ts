import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { SimulatorError } from './simulator.errors.js';

/** One recorded series; its values are replayed in order, one per report, again from the start at the end. */
export interface Series {
  readonly metric: string;
  readonly values: Float64Array;
}

const shippedMetrics: Readonly<Record<string, string>> = {
  ambient_temperature_system_failure: 'temperature',
  ec2_cpu_utilization_24ae8d: 'load',
  speed_6005: 'speed',
  occupancy_6005: 'occupancy',
};

export const shippedDataFolder = fileURLToPath(new URL('../data/nab', import.meta.url));

/**
 * Reads every `*.csv` of a folder (columns `timestamp,value`).
 * @throws SimulatorError simulator.data-invalid when there is no folder, no file in it, or a value is not a number
 */
export async function loadSeries(folder: string): Promise<Series[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    const message = `the folder ${folder} with recorded series cannot be read`;
    throw SimulatorError.permanent('simulator.data-invalid', message, { cause });
  });
  const files = names.filter((file) => file.endsWith('.csv')).sort();
  if (files.length === 0) {
    throw SimulatorError.permanent('simulator.data-invalid', `there is no .csv file in ${folder}`);
  }
  return Promise.all(files.map((file) => readSeries(join(folder, file))));
}

async function readSeries(path: string): Promise<Series> {
  const rows = parse<{ value?: string }>(await readFile(path), { columns: true, skip_empty_lines: true });
  const values = Float64Array.from(rows, (row) => Number(row.value));
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (values.length === 0 || bad >= 0) {
    throw SimulatorError.permanent('simulator.data-invalid', `${path}: row ${bad + 2} has no number in column "value"`);
  }
  const name = basename(path, '.csv');
  return { metric: shippedMetrics[name] ?? name.replace(/[^A-Za-z0-9._:/-]/g, '_').slice(0, 128), values };
}
