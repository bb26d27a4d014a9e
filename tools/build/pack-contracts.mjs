/**
 * Packs what consumers outside of this repository need: `node tools/build/pack-contracts.mjs <folder>` writes the npm packages
 * @myelin/kernel and @myelin/contracts there: modules, type declarations, and the derived documents (AsyncAPI, topics, events).
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const documents = ['asyncapi.json', 'topics.json', 'events.md'];
const packages = [
  { folder: 'libs/kernel', documents: [] },
  { folder: 'libs/contracts', documents },
];

const destination = process.argv[2] && resolve(process.env.INIT_CWD ?? process.cwd(), process.argv[2]);
if (!destination) {
  console.error('usage: npm run pack:contracts -- <folder>');
  process.exit(2);
}
mkdirSync(destination, { recursive: true });
for (const each of packages) {
  const stage = mkdtempSync(join(tmpdir(), 'myelin-pack-'));
  try {
    fill(stage, each);
    run('npm', ['pack', '--silent', '--pack-destination', destination], stage);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function fill(stage, { folder, documents: own }) {
  const source = join(workspace, folder);
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  cpSync(join(source, 'dist'), join(stage, 'dist'), { recursive: true, filter: (path) => !path.endsWith('.map') });
  declarations(source, join(stage, 'dist'));
  for (const name of own) cpSync(join(workspace, 'docs/generated', name), join(stage, name));
  cpSync(join(workspace, 'LICENSE'), join(stage, 'LICENSE'));
  if (existsSync(join(source, 'README.md'))) cpSync(join(source, 'README.md'), join(stage, 'README.md'));
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(published(manifest, own), null, 2)}\n`);
}

function published({ name, version, description, license, type, dependencies = {} }, own) {
  const pinned = Object.entries(dependencies).map(([each, range]) => [each, range === '*' ? version : range]);
  return {
    ...{ name, version, description, license, type, engines: { node: '>=20' } },
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      ...Object.fromEntries(own.filter((each) => each.endsWith('.json')).map((each) => [`./${each}`, `./${each}`])),
    },
    dependencies: Object.fromEntries(pinned),
  };
}

/** SWC compiles the modules; only TypeScript itself can tell their types. */
function declarations(source, outDir) {
  const tsc = join(workspace, 'node_modules/typescript/bin/tsc');
  const config = join(outDir, 'tsconfig.json');
  const compilerOptions = {
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, outDir, rootDir: join(source, 'src') },
    typeRoots: [join(workspace, 'node_modules/@types')],
  };
  const base = { extends: join(workspace, 'tsconfig.base.json'), compilerOptions, include: [join(source, 'src')] };
  writeFileSync(config, JSON.stringify({ ...base, exclude: [join(source, 'src/**/*.spec.ts')] }));
  run(process.execPath, [tsc, '-p', config], workspace);
  rmSync(config);
}

function run(command, words, cwd) {
  const { status, error } = spawnSync(command, words, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw error ?? new Error(`${command} ${words.join(' ')} failed`);
}
