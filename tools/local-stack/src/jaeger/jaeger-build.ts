import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ensureCompleteDirectory, isComplete } from '../cache/complete-directory.js';
import { type Progress, silentProgress } from '../cache/progress.js';
import { cacheRoot, toolEnvironment } from '../config.js';
import { LocalStackError } from '../local-stack.errors.js';

/** As Jaeger names its releases; the Go module of this one has a number of its own. */
export const jaegerVersion = '2.13.0';
export const jaegerModule = { path: 'github.com/jaegertracing/jaeger', version: 'v1.76.0' } as const;

const oldestGo = [1, 24, 6] as const;
const program = `${jaegerModule.path}/cmd/jaeger`;
/** About so many packages are compiled when none is yet. */
const packages = 2_300;
const packagesPerLine = 250;

/** The Go module that Jaeger is built from. */
export const jaegerModuleFolder = fileURLToPath(new URL('../../jaeger', import.meta.url));

const directory = (): string => join(cacheRoot(), `jaeger-${jaegerVersion}`);
const binary = (): string => join(directory(), 'jaeger');

/** Whether Jaeger starts without being built before. */
export function isJaegerBuilt(): boolean {
  return isComplete(directory());
}

/**
 * Jaeger in the cache, built by Go at the first call: about five minutes on two cores, 85 MB. Go keeps what it has compiled, so an
 * interrupted call goes on where it stopped.
 * @returns the program
 * @throws LocalStackError local-stack.go-missing, local-stack.build-failed
 */
export async function ensureJaeger(progress: Progress = silentProgress): Promise<string> {
  await ensureCompleteDirectory(directory(), progress, async (temporary) => {
    const module = join(temporary, 'module');
    mkdirSync(module);
    // Go may want to write beside them.
    for (const file of ['go.mod', 'go.sum']) copyFileSync(join(jaegerModuleFolder, file), join(module, file));
    requireGo(module);
    progress(`building Jaeger ${jaegerVersion} with Go (once; takes about five minutes, and 85 MB)`);
    await build(module, join(temporary, 'jaeger'), progress);
    chmodSync(temporary, 0o755);
    progress(`Jaeger ${jaegerVersion} is in ${directory()}`);
  });
  return binary();
}

/** Asked where the module is, because a Go that is too old may fetch a newer one by itself. */
function requireGo(module: string): void {
  const options = { cwd: module, encoding: 'utf8', env: buildEnvironment() } as const;
  const { status, stdout } = spawnSync('go', ['version'], options);
  const found = status === 0 ? goVersion(stdout) : undefined;
  if (found !== undefined && isNewEnough(found)) return;
  const oldest = oldestGo.join('.');
  const is = found === undefined ? 'There is no Go that runs' : `Go ${found.join('.')} is too old`;
  const message =
    `${is}. Jaeger is built with Go ${oldest} or newer: install it (https://go.dev/doc/install; ` +
    'Debian: apt install -t bookworm-backports golang-go; macOS: brew install go), or set ' +
    'OTEL_EXPORTER_OTLP_ENDPOINT to a collector that runs, e.g. OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318.';
  throw LocalStackError.permanent('local-stack.go-missing', message);
}

/** From the output of `go version`; undefined where there is none. */
export function goVersion(output: string): readonly [number, number, number] | undefined {
  const match = /\bgo(\d+)\.(\d+)(?:\.(\d+))?/.exec(output);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

export function isNewEnough(version: readonly [number, number, number]): boolean {
  for (const [place, oldest] of oldestGo.entries()) {
    const number = version[place] ?? 0;
    if (number !== oldest) return number > oldest;
  }
  return true;
}

function buildEnvironment(): NodeJS.ProcessEnv {
  return { ...toolEnvironment(), GOWORK: 'off' };
}

async function build(module: string, output: string, progress: Progress): Promise<void> {
  const args = ['build', '-v', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', output, program];
  const go = spawn('go', args, { cwd: module, env: buildEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] });
  const problems: string[] = [];
  let compiled = 0;
  createInterface({ input: go.stderr }).on('line', (line) => {
    // One line per compiled package; fetching and complaints have more words.
    if (!/^[\w./~-]+$/.test(line)) {
      if (!line.startsWith('go: downloading')) problems.push(line);
    } else if (++compiled % packagesPerLine === 0) progress(`${compiled} of about ${packages} packages compiled`);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    go.once('error', reject);
    go.once('close', resolve);
  });
  if (status === 0) return;
  const reason = problems.slice(0, 3).join(' ') || `go ended with status ${status}`;
  const message = `Go could not build Jaeger (is the network there?); what it compiled is kept, start again. ${reason}`;
  throw LocalStackError.retryable('local-stack.build-failed', message);
}
