import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { localStackSettings, serverEnvironment } from '../config.js';
import { LocalStackError } from '../local-stack.errors.js';

export const oldestJava = 17;

const whatToDo =
  `Kafka needs Java ${oldestJava} or newer. Install it (Debian: apt install openjdk-17-jre-headless, ` +
  'macOS: brew install openjdk@17), or set KAFKA_BROKERS to a running Kafka, e.g. KAFKA_BROKERS=127.0.0.1:9092.';

export interface Java {
  /** A path, or a name on the PATH. */
  readonly command: string;
  /** What it says of its version. */
  readonly release: string;
}

/**
 * A java that is new enough: `$JAVA_HOME/bin/java`, else the one on the PATH.
 * @throws LocalStackError local-stack.java-missing, local-stack.java-too-old
 */
export function findJava(): Java {
  const { javaHome } = localStackSettings();
  const inHome = javaHome === undefined ? undefined : join(javaHome, 'bin', 'java');
  const java = inHome !== undefined && existsSync(inHome) ? inHome : 'java';
  const { status, stderr, stdout } = spawnSync(java, ['-version'], { encoding: 'utf8', env: serverEnvironment() });
  if (status !== 0) throw LocalStackError.permanent('local-stack.java-missing', `There is no Java. ${whatToDo}`);
  const release = `${stderr}${stdout}`;
  const version = majorVersion(release);
  if (version >= oldestJava) return { command: java, release };
  const message = `${java} is Java ${version || 'of an unknown version'}. ${whatToDo}`;
  throw LocalStackError.permanent('local-stack.java-too-old', message);
}

/** From the output of `java -version`; 8 for the old notation `1.8.0_292`; 0 when there is none. */
export function majorVersion(output: string): number {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  return Number(first === '1' ? second : first) || 0;
}
