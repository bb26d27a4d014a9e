import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cacheRoot, toolEnvironment } from '../config.js';
import { LocalStackError } from '../local-stack.errors.js';
import { ensureCompleteDirectory } from './complete-directory.js';
import { type Progress, silentProgress } from './progress.js';

export const kafkaVersion = '4.3.1';

const pom = fileURLToPath(new URL('../../kafka/pom.xml', import.meta.url));
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * Kafka's jars in the cache, fetched by Maven at the first call (54 MB). Maven keeps what it has fetched, so an
 * interrupted call goes on where it stopped.
 * @returns the directory with the jars
 * @throws LocalStackError local-stack.maven-missing, local-stack.download-failed
 */
export async function ensureKafkaJars(progress: Progress = silentProgress): Promise<string> {
  const directory = join(cacheRoot(), `kafka-${kafkaVersion}`);
  await ensureCompleteDirectory(directory, progress, async (temporary) => {
    progress(`fetching Kafka ${kafkaVersion} with Maven (54 MB, once)`);
    await runMaven(join(temporary, 'libs'), progress);
    chmodSync(temporary, 0o755);
    progress(`Kafka ${kafkaVersion} is in ${directory}`);
  });
  return join(directory, 'libs');
}

async function runMaven(outputDirectory: string, progress: Progress): Promise<void> {
  const args = [
    '-B',
    '-Dstyle.color=never',
    '-f',
    pom,
    copyDependencies,
    '-DincludeScope=runtime',
    `-DoutputDirectory=${outputDirectory}`,
  ];
  const maven = spawn('mvn', args, { stdio: ['ignore', 'pipe', 'pipe'], env: toolEnvironment() });
  const problems: string[] = [];
  let fetched = 0;
  createInterface({ input: maven.stdout }).on('line', (line) => {
    if (/^\[?(INFO\] )?Downloaded from .*\.jar/.test(line) && ++fetched % 10 === 0) progress(`${fetched} jars fetched`);
    if (line.startsWith('[ERROR]')) problems.push(line);
  });
  // Before Maven itself runs, the JVM complains here (no memory, a wrong JAVA_HOME).
  createInterface({ input: maven.stderr }).on('line', (line) => line.trim() !== '' && problems.push(line));
  const status = await new Promise<number | null>((resolve, reject) => {
    maven.once('error', (cause) => {
      const message =
        'Maven (mvn) is needed once, to fetch Kafka. Install it (Debian: apt install maven, macOS: brew install maven), ' +
        'or set KAFKA_BROKERS to a running Kafka, e.g. KAFKA_BROKERS=127.0.0.1:9092.';
      reject(LocalStackError.permanent('local-stack.maven-missing', message, { cause }));
    });
    maven.once('close', resolve);
  });
  if (status === 0) return;
  const reason = problems.slice(0, 3).join(' ') || `mvn ended with status ${status}`;
  const message = `Maven could not fetch Kafka (is the network there?); what it fetched is kept, start again. ${reason}`;
  throw LocalStackError.retryable('local-stack.download-failed', message);
}
