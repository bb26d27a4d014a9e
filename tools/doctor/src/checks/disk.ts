import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { cacheRoot } from '@myelin/local-stack';
import type { Check } from '../examine.js';
import { type Finding, error, info, ok, warning } from '../finding.js';

const scarceBytes = 2 * 2 ** 30;
const exhaustedBytes = 200 * 2 ** 20;

/** Room where things are written: the cache, throw-away data, and artifacts where they are kept in a folder. */
export const disk: Check = ({ config }) => {
  const places = [
    ['cache', cacheRoot()],
    ['data', tmpdir()],
    ...(config.artifactFolder === undefined ? [] : [['artifacts', config.artifactFolder] as const]),
  ] as const;
  return Promise.all(places.map(([name, folder]) => roomIn(`disk.${name}`, folder)));
};

async function roomIn(check: string, folder: string): Promise<Finding> {
  const free = await freeBytes(folder);
  if (free === undefined) return info(check, `${folder} cannot be looked at`);
  return judgeRoom(check, folder, free);
}

export function judgeRoom(check: string, folder: string, free: number): Finding {
  const detail = `${(free / 2 ** 30).toFixed(1)} GiB are free at ${folder}`;
  const remedy = `free some there (what takes most: du -xh --max-depth=2 '${folder}' | sort -h | tail)`;
  if (free < exhaustedBytes) return error(check, detail, remedy);
  return free < scarceBytes ? warning(check, detail, remedy) : ok(check, detail);
}

/** Of the nearest folder above that is there. */
async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (thrown) {
    const above = dirname(folder);
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) return undefined;
    return freeBytes(above);
  }
}
