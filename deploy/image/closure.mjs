import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folders of an app and of all that it needs of the workspace in production, relative to the workspace, the app's first. */
export function closureOf(workspace, app) {
  const folders = new Map(
    globSync('{apps,libs}/*/package.json', { cwd: workspace }).map((file) => [
      read(workspace, file).name,
      dirname(file),
    ]),
  );
  const seen = new Set();
  const visit = (name) => {
    const folder = folders.get(name);
    if (folder === undefined || seen.has(folder)) return;
    seen.add(folder);
    Object.keys(read(workspace, join(folder, 'package.json')).dependencies ?? {}).forEach(visit);
  };
  visit(`@myelin/${app}`);
  return [...seen];
}

function read(workspace, file) {
  return JSON.parse(readFileSync(join(workspace, file), 'utf8'));
}
