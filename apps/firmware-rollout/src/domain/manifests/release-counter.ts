import type { ManifestFault } from './manifest-fault.js';

/**
 * Anti-rollback: devices refuse a counter below the one that they have seen, and two releases with one counter could be exchanged
 * for each other.
 * @param greatest of all other releases of the profile that are or were published; 0 when there is none
 */
export function counterFaults(releaseCounter: number, greatest: number): ManifestFault[] {
  if (releaseCounter > greatest) return [];
  const detail = `must be above ${greatest}, which another release of the profile has`;
  return [{ code: 'counter-too-low', pointer: '/payload/releaseCounter', detail }];
}
