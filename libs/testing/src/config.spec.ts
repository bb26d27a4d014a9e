import { describe, expect, test } from '@jest/globals';
import { testBrokers, testDatabaseUrl, testStackKind } from './config.js';

describe('without servers under test', () => {
  test('the fixtures name the variable and the command that sets it', () => {
    expect(() => testBrokers({})).toThrow(/KAFKA_BROKERS is not set.*npm test/);
    expect(() => testDatabaseUrl({})).toThrow(/DATABASE_URL is not set.*npm test/);
  });

  test('a wrong kind of stack is refused by name', () => {
    expect(() => testStackKind({ MYELIN_TEST_STACK: 'podman' })).toThrow(/MYELIN_TEST_STACK/);
    expect(testStackKind({})).toBe('local');
  });
});
