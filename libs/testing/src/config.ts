import { type Environment, defineConfig, list, loadConfig, oneOf, secret, text } from '@myelin/config';
import { TestingError } from './testing.errors.js';

const testingConfig = defineConfig({
  brokers: list('KAFKA_BROKERS', { optional: true }),
  databaseUrl: secret('DATABASE_URL', { optional: true }),
  /** Where `npm test` gets its servers from. */
  stack: oneOf('MYELIN_TEST_STACK', ['local', 'containers'], { default: 'local' }),
  /** Of Confluent's kind: the container module starts it through the scripts inside. */
  kafkaImage: text('MYELIN_TEST_KAFKA_IMAGE', { default: 'confluentinc/cp-kafka:8.0.0' }),
  postgresImage: text('MYELIN_TEST_POSTGRES_IMAGE', { default: 'postgres:18' }),
});

const remedy = 'Run the suites with npm test, which starts the servers and sets it, or set it to one that runs, e.g.';

/** @throws TestingError testing.stack-missing */
export function testBrokers(env: Environment = process.env): readonly string[] {
  const { brokers } = loadConfig(testingConfig, env);
  if (brokers !== undefined) return brokers;
  const message = `KAFKA_BROKERS is not set: this test needs a real Kafka. ${remedy} KAFKA_BROKERS=127.0.0.1:19092.`;
  throw TestingError.permanent('testing.stack-missing', message);
}

/** The address of a superuser. @throws TestingError testing.stack-missing */
export function testDatabaseUrl(env: Environment = process.env): string {
  const { databaseUrl } = loadConfig(testingConfig, env);
  if (databaseUrl !== undefined) return databaseUrl;
  const message =
    'DATABASE_URL is not set: this test needs a real PostgreSQL and a superuser there. ' +
    `${remedy} DATABASE_URL=postgres://postgres:<password>@127.0.0.1:15432/postgres.`;
  throw TestingError.permanent('testing.stack-missing', message);
}

export function testStackKind(env: Environment = process.env): 'local' | 'containers' {
  return loadConfig(testingConfig, env).stack;
}

export function containerImages(env: Environment = process.env): { kafka: string; postgres: string } {
  const { kafkaImage: kafka, postgresImage: postgres } = loadConfig(testingConfig, env);
  return { kafka, postgres };
}

const passedOn = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'MYELIN_CACHE'];

/** For child processes: nothing of the caller's configuration leaks into the service under test. */
export function bareEnvironment(): Record<string, string> {
  const entries = passedOn.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
