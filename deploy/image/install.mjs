/**
 * `node install.mjs <app> <destination>`, in a folder with the manifests: everything that the image of a service has beside its
 * compiled modules. Production dependencies of the service and of the libraries that it imports, the health command, the
 * license, and `sbom.cdx.json` (CycloneDX) of exactly that.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closureOf } from './closure.mjs';

const [app, destination] = process.argv.slice(2);
/** Nobody reads them in an image: types, maps, and what npm remembers of where it found packages. */
const unread = ['**/*.d.ts', '**/*.d.mts', '**/*.d.cts', '**/*.map', '.package-lock.json'];

const folders = closureOf('.', app);
reduceWorkspace();
npm(['ci', '--omit=dev', '--ignore-scripts'], 'inherit');
const sbom = JSON.parse(npm(['sbom', '--omit=dev', '--sbom-format=cyclonedx', '--sbom-type=application'], 'pipe'));
sbom.metadata.component.name = `myelin-${app}`;

mkdirSync('/empty');
mkdirSync(destination);
writeFileSync(join(destination, 'sbom.cdx.json'), JSON.stringify(sbom));
cpSync('LICENSE', join(destination, 'LICENSE'));
cpSync('deploy/image/health.mjs', join(destination, 'health.mjs'));
for (const folder of ['.', ...folders]) {
  if (folder !== '.') cpSync(join(folder, 'package.json'), join(destination, folder, 'package.json'));
  copyDependencies(join(folder, 'node_modules'));
}

/**
 * To these folders and what they need in production. npm's own `--workspace` would install also what the tests of a library
 * need, because libraries are needed by one another there; the lock file stays the whole one and decides all versions.
 */
function reduceWorkspace() {
  const { version, license, type, allowScripts } = readJson('package.json');
  const root = { name: `myelin-${app}`, version, private: true, license, type, workspaces: folders, allowScripts };
  writeFileSync('package.json', JSON.stringify(root));
  for (const folder of folders) {
    const file = join(folder, 'package.json');
    writeFileSync(file, JSON.stringify({ ...readJson(file), devDependencies: undefined, nx: undefined }, null, 2));
  }
}

function copyDependencies(folder) {
  if (!existsSync(folder)) return;
  for (const path of globSync(unread, { cwd: folder })) rmSync(join(folder, path), { force: true });
  cpSync(folder, join(destination, folder), { recursive: true, verbatimSymlinks: true });
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function npm(words, stdout) {
  return execFileSync('npm', words, { stdio: ['ignore', stdout, 'inherit'], maxBuffer: 64 << 20 });
}
