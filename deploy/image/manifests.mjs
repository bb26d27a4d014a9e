/**
 * `node manifests.mjs <workspace> <destination>`: copies what npm reads of a workspace, and what is the
 * same in every image.
 */
import { cpSync, globSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [workspace, destination] = process.argv.slice(2);
const own = ['package.json', 'package-lock.json', '.npmrc', 'LICENSE', 'deploy/image/*.mjs'];
const files = globSync([...own, '{apps,libs,tools,docs}/**/package.json'], {
  cwd: workspace,
  exclude: (name) => name === 'node_modules' || name === 'dist',
});
for (const file of files) {
  mkdirSync(join(destination, dirname(file)), { recursive: true });
  cpSync(join(workspace, file), join(destination, file));
}
