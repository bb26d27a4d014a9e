import { KafkaContainer } from '@testcontainers/kafka';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { getContainerRuntimeClient } from 'testcontainers';
import { TestingError } from '../testing.errors.js';

/** Images of the same major versions as the local stack's servers. */
const kafkaImage = 'confluentinc/cp-kafka:8.0.0';
const postgresImage = 'postgres:18';

export interface TestStack {
  /** KAFKA_BROKERS and DATABASE_URL. */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/** Why containers cannot be started here; undefined when a container engine answers. */
export async function containerEngineFault(): Promise<string | undefined> {
  try {
    await getContainerRuntimeClient();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Kafka and PostgreSQL as containers. @throws TestingError testing.engine-missing */
export async function startContainersStack(): Promise<TestStack> {
  const fault = await containerEngineFault();
  if (fault !== undefined) {
    const message = `no container engine answers (${fault}); start one, or unset MYELIN_TEST_STACK to use the local stack`;
    throw TestingError.permanent('testing.engine-missing', message);
  }
  const [kafka, postgres] = await Promise.all([
    new KafkaContainer(kafkaImage).withKraft().start(),
    new PostgreSqlContainer(postgresImage).start(),
  ]);
  return {
    env: {
      KAFKA_BROKERS: `${kafka.getHost()}:${kafka.getMappedPort(9093)}`,
      DATABASE_URL: postgres.getConnectionUri(),
    },
    stop: async () => void (await Promise.all([kafka.stop(), postgres.stop()])),
  };
}
