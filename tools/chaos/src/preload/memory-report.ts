/**
 * `node --import .../memory-report.js`: writes this process's use of memory into the folder named by
 * CHAOS_MEMORY_FOLDER, as `<pid>.json`, every five seconds.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['CHAOS_MEMORY_FOLDER'] ?? '';
const file = join(folder, `${process.pid}.json`);

function write(): void {
  const { heapUsed, external } = process.memoryUsage();
  try {
    // Renamed, so that a reader never sees half of it.
    writeFileSync(`${file}.new`, JSON.stringify({ heapUsed, external }));
    renameSync(`${file}.new`, file);
  } catch {
    return; // the folder has gone: the run is over
  }
}

setInterval(write, 5_000).unref();
