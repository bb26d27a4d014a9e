import { describe, expect, test } from '@jest/globals';
import { CodedError } from '@myelin/kernel';
import { QueryFailedError } from 'typeorm';
import { type PersistenceError, sqlStateOf, translateDatabaseError } from './index.js';

const driverError = (code: string, message = 'refused', more: object = {}): Error =>
  Object.assign(new Error(message), { code, ...more });

describe('translateDatabaseError', () => {
  test.each([
    ['08006', 'database.unavailable', true],
    ['57P01', 'database.unavailable', true],
    ['57P03', 'database.unavailable', true],
    ['53300', 'database.unavailable', true],
    ['28P01', 'database.unavailable', true],
    ['28000', 'database.unavailable', true],
    ['25P03', 'database.unavailable', true],
    ['25006', 'database.unavailable', true],
    ['ECONNREFUSED', 'database.unavailable', true],
    ['ECONNRESET', 'database.unavailable', true],
    ['EPIPE', 'database.unavailable', true],
    ['40001', 'database.conflict', true],
    ['40P01', 'database.conflict', true],
    ['57014', 'database.timeout', true],
    ['55P03', 'database.timeout', true],
    ['23505', 'database.unique-violation', false],
    ['23P01', 'database.unique-violation', false],
    ['23503', 'database.constraint-violation', false],
    ['23514', 'database.constraint-violation', false],
    ['42501', 'database.forbidden', false],
    ['42P01', 'database.failed', false],
    ['22P02', 'database.failed', false],
  ])('%s is %s, retryable: %s; also wrapped by TypeORM', (code, expected, retryable) => {
    for (const error of [driverError(code), new QueryFailedError('SELECT 1', [], driverError(code))]) {
      expect(translateDatabaseError(error)).toMatchObject({ code: expected, retryable });
    }
  });

  test.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect', 'Query read timeout'])(
    'the driver saying "%s" is database.unavailable',
    (message) => {
      expect(translateDatabaseError(new Error(message))).toMatchObject({ code: 'database.unavailable' });
    },
  );

  test('an address with several families that all refuse is database.unavailable', () => {
    const all = new AggregateError([driverError('ECONNREFUSED'), driverError('ECONNREFUSED')]);
    expect(translateDatabaseError(all)).toMatchObject({ code: 'database.unavailable' });
  });

  test('what does not come from the database stays what it is', () => {
    class OwnError extends CodedError<'own'> {}
    const others = [new Error('a rule'), new TypeError('x'), OwnError.permanent('own', 'mine'), 'text', undefined];
    for (const other of others) expect(translateDatabaseError(other)).toBe(other);
  });

  test('neither parameters nor row values are kept', () => {
    const refused = driverError('22P02', 'invalid input syntax for type integer: "s3cret"', {
      detail: 'Key (x)=(s3cret)',
      where: 's3cret',
    });
    const error = translateDatabaseError(new QueryFailedError('INSERT', ['s3cret'], refused)) as PersistenceError;
    const cause = error.cause as Error;
    expect([error.message, error.stack, JSON.stringify(error), cause.message, cause.stack].join()).not.toContain(
      's3cret',
    );
    expect(sqlStateOf(error)).toBe('22P02');
  });
});
