import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { isJaegerBuilt, jaegerVersion } from '@myelin/local-stack';
import type { Check, CheckContext } from '../examine.js';
import { type Finding, error, info, ok, warning } from '../finding.js';

const run = promisify(execFile);
const oldest = { node: [24, 11], java: [17], go: [1, 24, 6] } as const;

/** The programs that this machine needs to build, test and run Myelin. */
export const versions: Check = async (context) => {
  const [npm, java, go] = await Promise.all([
    versionOf(['npm', '--version'], context),
    versionOf(['java', '-version'], context),
    versionOf(['go', 'version'], context),
  ]);
  return [nodeFinding(), npmFinding(npm), javaFinding(java, context), mavenFinding(), goFinding(go), jaegerFinding()];
};

/** The first number with dots in what the program says; undefined where there is no such program. */
async function versionOf(
  [program, ...words]: [string, ...string[]],
  { signal }: CheckContext,
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, words, { signal, timeout: 4_000 });
    return versionIn(`${stdout}${stderr}`);
  } catch {
    return undefined;
  }
}

/** With dots where there is one: other numbers stand beside it. */
export function versionIn(output: string): string | undefined {
  return (/\d+(\.\d+)+/.exec(output) ?? /\d+/.exec(output))?.[0];
}

export function isAtLeast(version: string, wanted: readonly number[]): boolean {
  const found = version.split('.').map(Number);
  for (const [place, number] of wanted.entries()) {
    if ((found[place] ?? 0) !== number) return (found[place] ?? 0) > number;
  }
  return true;
}

function nodeFinding(): Finding {
  const found = process.versions.node;
  if (isAtLeast(found, oldest.node)) return ok('machine.node', `Node ${found}`);
  const remedy = 'start through npm run, which brings the Node that is pinned, e.g. npm run doctor';
  return error('machine.node', `Node ${found} is older than ${oldest.node.join('.')}`, remedy);
}

function npmFinding(found: string | undefined): Finding {
  if (found !== undefined) return ok('machine.npm', `npm ${found}`);
  return warning(
    'machine.npm',
    'there is no npm',
    'install it (Debian: apt install npm; it comes with Node elsewhere)',
  );
}

function javaFinding(found: string | undefined, { config }: CheckContext): Finding {
  const instead =
    'install it (Debian: apt install openjdk-17-jre-headless; macOS: brew install openjdk@17), or set KAFKA_BROKERS';
  if (found !== undefined && isAtLeast(found, oldest.java)) return ok('machine.java', `Java ${found}`);
  const is = found === undefined ? 'there is no Java' : `Java ${found} is older than ${oldest.java[0]}`;
  // With brokers of somebody else nothing here needs it.
  if (config.brokers !== undefined) return info('machine.java', `${is}; the configured brokers need none`);
  return error('machine.java', `${is}: a local Kafka cannot be started`, instead);
}

/** Not asked for its version, which would start a Java. */
function mavenFinding(): Finding {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, 'mvn')))) return ok('machine.maven', 'there is a Maven');
  const remedy = 'install it before the first npm start (Debian: apt install maven; macOS: brew install maven)';
  return info('machine.maven', "there is no Maven, which fetches Kafka's jars once", remedy);
}

function goFinding(found: string | undefined): Finding {
  if (found !== undefined && isAtLeast(found, oldest.go)) return ok('machine.go', `Go ${found}`);
  const is = found === undefined ? 'there is no Go' : `Go ${found} is older than ${oldest.go.join('.')}`;
  return info(
    'machine.go',
    `${is}; only building Jaeger needs it`,
    `install Go ${oldest.go.join('.')} or newer (https://go.dev/doc/install)`,
  );
}

function jaegerFinding(): Finding {
  if (isJaegerBuilt()) return ok('machine.jaeger', `Jaeger ${jaegerVersion} is built`);
  return info('machine.jaeger', 'Jaeger is not built, so npm start shows no traces', 'npm run jaeger');
}
