import { describe, expect, test } from '@jest/globals';
import { containerEngineFault, startContainersStack } from '../src/index.js';

const fault = await containerEngineFault();
const announcement =
  fault === undefined
    ? 'CONTAINER ENGINE FOUND: Kafka and PostgreSQL are started as containers'
    : `NO CONTAINER ENGINE HERE (${fault}): the containers stack itself is NOT tested, only that it says so`;
process.stdout.write(`\n*** ${announcement} ***\n`);
console.warn(announcement);

describe('the stack of containers', () => {
  if (fault === undefined) {
    test('provides a Kafka and a PostgreSQL', async () => {
      const stack = await startContainersStack();
      try {
        expect(stack.env['KAFKA_BROKERS']).toMatch(/:\d+$/);
        expect(stack.env['DATABASE_URL']).toMatch(/^postgres/);
      } finally {
        await stack.stop();
      }
    }, 300_000);
  } else {
    test('without an engine fails with a sentence that says what to do', async () => {
      await expect(startContainersStack()).rejects.toMatchObject({
        code: 'testing.engine-missing',
        message: expect.stringContaining('unset MYELIN_TEST_STACK'),
      });
    });
  }
});
