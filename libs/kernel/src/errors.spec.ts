import { describe, expect, test } from '@jest/globals';
import { CodedError, describeError, isRetryable } from './errors.js';

class StoreError extends CodedError<'store.away' | 'store.full'> {}

describe('coded errors', () => {
  test('the throw site decides whether a retry can help', () => {
    expect(isRetryable(StoreError.retryable('store.away', 'no answer'))).toBe(true);
    expect(isRetryable(StoreError.permanent('store.full', 'no room'))).toBe(false);
    expect(isRetryable(new Error('unknown'))).toBe(false);
  });

  test('carry their class, code, cause and details', () => {
    const cause = new Error('ECONNREFUSED');
    const error = StoreError.retryable('store.away', 'no answer', { cause, details: { afterMs: 5 } });
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ name: 'StoreError', code: 'store.away', cause, details: { afterMs: 5 } });
  });

  test('a description names every link of the chain once, outermost first', () => {
    const error = StoreError.permanent('store.full', 'no room', { cause: new Error('disk', { cause: 'ENOSPC' }) });
    expect(describeError(error)).toBe('StoreError(store.full): no room <- Error: disk <- ENOSPC');
  });

  test('a thrown value that is no error is described without showing what it carries', () => {
    expect(describeError({ password: 'secret' })).toBe('thrown Object');
    expect(describeError(Object.create(null))).toBe('thrown object');
    expect(describeError('ENOSPC')).toBe('ENOSPC');
    expect(describeError(undefined)).toBe('undefined');
  });

  test('a chain of causes that bites its tail ends', () => {
    const error = new Error('a');
    error.cause = error;
    expect(describeError(error).split(' <- ')).toHaveLength(10);
  });
});
