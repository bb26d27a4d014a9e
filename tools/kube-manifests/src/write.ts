import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { derivedFiles } from './derived-files.js';

const workspace = fileURLToPath(new URL('../../../', import.meta.url));

/** `npm run generate`: writes what derives from the code into k8s. */
for (const [path, content] of derivedFiles()) {
  const file = join(workspace, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  process.stdout.write(`${path}\n`);
}
