import { describe, expect, test } from '@jest/globals';
import { startTestStack } from './stack.mjs';

function recorded({ postgresFails = false } = {}) {
  const log = [];
  const server = (name, facts) => ({ ...facts, stop: async () => void log.push(`stop ${name}`) });
  return {
    log,
    startKafka: async () => {
      log.push('start kafka');
      return server('kafka', { brokers: ['127.0.0.1:1', '127.0.0.1:2'] });
    },
    startPostgres: async () => {
      if (postgresFails) throw new Error('no PostgreSQL for this platform');
      log.push('start postgres');
      return server('postgres', { url: 'postgres://own' });
    },
  };
}

describe('the servers of a test run', () => {
  test('are started, handed to the suites by two variables, and stopped', async () => {
    const localStack = recorded();
    const stack = await startTestStack({}, localStack);
    expect(stack.env).toEqual({ KAFKA_BROKERS: '127.0.0.1:1,127.0.0.1:2', DATABASE_URL: 'postgres://own' });
    await stack.stop();
    expect(localStack.log.sort()).toEqual(['start kafka', 'start postgres', 'stop kafka', 'stop postgres']);
  });

  test('are used, not started, when the environment names them', async () => {
    const localStack = recorded();
    const env = { KAFKA_BROKERS: 'k:9092', DATABASE_URL: 'postgres://given' };
    const stack = await startTestStack(env, localStack);
    expect(stack.env).toEqual(env);
    await stack.stop();
    expect(localStack.log).toEqual([]);
  });

  test('none stays behind when the other one cannot start', async () => {
    const localStack = recorded({ postgresFails: true });
    await expect(startTestStack({}, localStack)).rejects.toThrow('no PostgreSQL for this platform');
    expect(localStack.log).toEqual(['start kafka', 'stop kafka']);
  });
});
