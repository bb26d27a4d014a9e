/**
 * `node compiled.mjs <built workspace> <destination>`: for each app a folder with its compiled modules and those of the libraries
 * that it imports, as they lie in its image. Without maps: sources are not there either.
 */
import { cpSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { closureOf } from './closure.mjs';

const [workspace, destination] = process.argv.slice(2);
for (const app of globSync('apps/*', { cwd: workspace }).map((path) => basename(path))) {
  for (const folder of closureOf(workspace, app)) {
    const filter = (path) => !path.endsWith('.map');
    cpSync(join(workspace, folder, 'dist'), join(destination, app, folder, 'dist'), { recursive: true, filter });
  }
}
