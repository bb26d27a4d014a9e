import type { Scenario } from './scenario.js';

/** Room for PostgreSQL itself and for minutes of measurements. */
const volumeBytes = 512 * 1_024 * 1_024;

/** The size of PostgreSQL's volume where the scenario needs one; a sentence where there can be none. */
export function volumeBytesFor({ needsVolume }: Pick<Scenario, 'needsVolume'>): number | string | undefined {
  if (needsVolume !== true) return undefined;
  if (process.platform === 'linux' && process.getuid?.() === 0) return volumeBytes;
  return 'PostgreSQL needs a small volume of its own that can be full, and only root on Linux may mount one';
}
