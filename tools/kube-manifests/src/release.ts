import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { Release } from './base/base-files.js';

const workspace = new URL('../../../', import.meta.url);

/** Of the working copy: by files, nothing of a service is loaded. */
export const release: Release = {
  version: (JSON.parse(readFileSync(new URL('package.json', workspace), 'utf8')) as { version: string }).version,
  migrationsOf: (service) => {
    const folder = new URL(`apps/${service}/src/persistence/migrations/`, workspace);
    const files = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{13}-[a-z0-9-]+\.ts$/.test(name)) : [];
    return files.sort().map((name) => readFileSync(new URL(name, folder), 'utf8'));
  },
};
