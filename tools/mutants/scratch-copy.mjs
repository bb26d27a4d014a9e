import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { mutated } from './mutant.mjs';

const scope = '@myelin';

/** A copy of the workspace as it stands, built, that shares nothing with it but the public packages. */
export class ScratchCopy {
  constructor(workspace) {
    this.workspace = workspace;
    this.folder = mkdtempSync(join(tmpdir(), 'myelin-mutants-'));
    for (const file of sourceFiles(workspace)) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      cpSync(join(workspace, file), join(this.folder, file));
    }
    this.#linkPackages();
  }

  /** Applies the mutant and compiles what it changed. @throws Error when it does not fit the code */
  apply(mutant) {
    const file = join(this.folder, mutant.file);
    writeFileSync(file, mutated(mutant, readFileSync(file, 'utf8')));
    this.#build(projectOf(mutant.file));
  }

  restore(mutant) {
    cpSync(join(this.workspace, mutant.file), join(this.folder, mutant.file));
    this.#build(projectOf(mutant.file));
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Public packages are linked; those of the workspace are linked to the copy's own folders. */
  #linkPackages() {
    const modules = join(this.folder, 'node_modules');
    mkdirSync(join(modules, scope), { recursive: true });
    for (const name of readdirSync(join(this.workspace, 'node_modules'))) {
      if (name !== scope) symlinkSync(join(this.workspace, 'node_modules', name), join(modules, name));
    }
    for (const folder of packageFolders(this.workspace)) {
      const { name } = JSON.parse(readFileSync(join(this.workspace, folder, 'package.json'), 'utf8'));
      symlinkSync(join(this.folder, folder), join(modules, name));
      const own = join(this.workspace, folder, 'node_modules');
      if (existsSync(own)) symlinkSync(own, join(this.folder, folder, 'node_modules'));
      const built = join(this.workspace, folder, 'dist');
      if (existsSync(built)) cpSync(built, join(this.folder, folder, 'dist'), { recursive: true });
    }
  }

  #build(project) {
    const words = [join(this.folder, 'tools/build/build.mjs'), project];
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: this.folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${project} does not compile: ${stderr.slice(0, 500)}`);
  }
}

function sourceFiles(workspace) {
  const words = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const files = execFileSync('git', words, { cwd: workspace, encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\0');
  return files.filter((file) => file !== '' && existsSync(join(workspace, file)));
}

function packageFolders(workspace) {
  return sourceFiles(workspace)
    .filter((file) => file.endsWith('/package.json') && !file.includes('/fixtures/'))
    .map(dirname);
}

/** `libs/messaging/src/x.ts` -> `libs/messaging` */
function projectOf(file) {
  return file.slice(0, file.indexOf('/src/'));
}
