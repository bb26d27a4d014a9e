import { containerImages } from '../config.js';
import { TestingError } from '../testing.errors.js';

export interface TestStack {
  /** KAFKA_BROKERS and DATABASE_URL. */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/** Why containers cannot be started here; undefined when a container engine answers. */
export async function containerEngineFault(): Promise<string | undefined> {
  const { getContainerRuntimeClient } = await import('testcontainers');
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
  // Loaded where they are needed: they would cost every test file half a second.
  const { KafkaContainer } = await import('@testcontainers/kafka');
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const images = containerImages();
  const [kafka, postgres] = await bothOrNone(
    new KafkaContainer(images.kafka).withKraft().start(),
    new PostgreSqlContainer(images.postgres).start(),
  );
  return {
    env: {
      KAFKA_BROKERS: `${kafka.getHost()}:${kafka.getMappedPort(9093)}`,
      DATABASE_URL: postgres.getConnectionUri(),
    },
    stop: async () => void (await Promise.all([kafka.stop(), postgres.stop()])),
  };
}

interface Stoppable {
  stop(): Promise<unknown>;
}

async function bothOrNone<A extends Stoppable, B extends Stoppable>(
  first: Promise<A>,
  second: Promise<B>,
): Promise<[A, B]> {
  try {
    return await Promise.all([first, second]);
  } catch (error) {
    for (const outcome of await Promise.allSettled<Stoppable>([first, second])) {
      if (outcome.status === 'fulfilled') await outcome.value.stop();
    }
    throw error;
  }
}
