import { accessSync, constants, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { cacheCandidates } from './decisions.mjs';

/** The first cache folder that can be written to; it is made when it is not there. @throws Error when none can be */
export function chooseCache(env, home) {
  const candidates = cacheCandidates(env, process.getuid?.() === 0, home);
  for (const candidate of candidates) {
    const folder = resolve(candidate);
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // the next one may do
    }
  }
  throw new Error(`None of ${candidates.join(', ')} can be written to: set MYELIN_CACHE to a folder for downloads.`);
}
