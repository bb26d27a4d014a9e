import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

export interface ForeignProject {
  readonly folder: string;
  /** The sample's entry, compiled. */
  readonly entry: string;
  /** What the compiler said; empty when it agreed. */
  readonly complaints: string;
  dispose(): void;
}

/**
 * A project outside of this workspace that knows the packed contracts and public packages only, with the sample's sources,
 * compiled as its own build would. Public packages are linked instead of fetched.
 */
export function foreignProject(): ForeignProject {
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  const packed = join(folder, 'packed');
  run(process.execPath, [join(workspace, 'tools/build/pack-contracts.mjs'), packed]);
  const modules = join(folder, 'node_modules');
  for (const archive of readdirSync(packed)) {
    const target = join(modules, '@myelin', archive.includes('kernel') ? 'kernel' : 'contracts');
    mkdirSync(target, { recursive: true });
    run('tar', ['-xzf', join(packed, archive), '-C', target, '--strip-components=1']);
  }
  for (const name of ['@sinclair/typebox', 'ajv', 'ajv-formats', 'kafkajs', '@types/node', 'undici-types']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    // Where two versions of a package are in the workspace, that of the contracts stands in their folder.
    const own = join(workspace, 'libs/contracts/node_modules', name);
    symlinkSync(existsSync(own) ? own : join(workspace, 'node_modules', name), join(modules, name));
  }
  cpSync(join(workspace, 'docs/guides/consumer-sample/src'), join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'heat-log', private: true, type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  const tsc = join(workspace, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc], { cwd: folder, encoding: 'utf8' });
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  return { folder, entry: join(folder, 'dist/main.js'), complaints: stdout, dispose };
}

const compilerOptions = {
  ...{ target: 'es2024', module: 'nodenext', strict: true, types: ['node'], outDir: 'dist', rootDir: 'src' },
  skipLibCheck: true,
};

function run(command: string, words: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, words, { cwd: workspace, encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${command} ${words.join(' ')}: ${stderr}`);
}
