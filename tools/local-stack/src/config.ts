import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { type ConfigOf, type Environment, defineConfig, list, loadConfig, secret, text, url } from '@myelin/config';

export const localStackConfig = defineConfig({
  /** A running Kafka: none is started. */
  brokers: list('KAFKA_BROKERS', { optional: true }),
  /** A running PostgreSQL: none is started. */
  databaseUrl: secret('DATABASE_URL', { optional: true }),
  /** A running OIDC issuer: none is started. */
  oidcIssuer: url('OIDC_ISSUER', { optional: true }),
  /** A running collector of spans: no Jaeger is started. */
  otlpEndpoint: url('OTEL_EXPORTER_OTLP_ENDPOINT', { optional: true }),
  cache: text('MYELIN_CACHE', { optional: true }),
  xdgCacheHome: text('XDG_CACHE_HOME', { optional: true }),
  javaHome: text('JAVA_HOME', { optional: true }),
});
export type LocalStackConfig = ConfigOf<typeof localStackConfig>;

/** @throws ConfigError config.invalid */
export function localStackSettings(env: Environment = process.env): LocalStackConfig {
  return loadConfig(localStackConfig, env);
}

/**
 * Where binaries live that git does not hold: `MYELIN_CACHE`, else `/var/cache/myelin` for root,
 * else `$XDG_CACHE_HOME/myelin` or `~/.cache/myelin`. An absolute path; it may not exist yet.
 */
export function cacheRoot(env: Environment = process.env): string {
  const { cache, xdgCacheHome } = localStackSettings(env);
  if (cache !== undefined) return resolve(cache);
  if (process.getuid?.() === 0) return '/var/cache/myelin';
  // The XDG specification says that a relative path there is to be ignored.
  if (xdgCacheHome !== undefined && isAbsolute(xdgCacheHome)) return join(xdgCacheHome, 'myelin');
  return join(homedir(), '.cache', 'myelin');
}

const passedOn = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'JAVA_HOME', 'JAVA_TOOL_OPTIONS'];

/** For servers: only what they need, so that a stray `PGPORT` or `KAFKA_OPTS` of the caller changes nothing. */
export function serverEnvironment(): Record<string, string> {
  const entries = passedOn.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** For tools that a person configures for the whole machine, e.g. Maven with its proxy. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env };
}
