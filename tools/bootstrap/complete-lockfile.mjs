/**
 * `node tools/bootstrap/complete-lockfile.mjs`, after a dependency was added: a registry mirror may lack the optional
 * packages of platforms that nobody asked it for. npm then leaves them out of the lockfile without a word, and `npm ci`
 * refuses that lockfile ever after. This names them; npm fetches and checks them only on their platform.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withMissingPlatforms } from './missing-platforms.mjs';

const file = join(resolve(dirname(fileURLToPath(import.meta.url)), '../..'), 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: withMissingPlatforms(lock.packages) }, null, 2)}\n`);
