import { describe, expect, test } from '@jest/globals';
import { waitFor } from './wait-for.js';

describe('waitFor', () => {
  test('returns the first value that is not undefined, null or false', async () => {
    const answers = [undefined, null, false, 0];
    await expect(waitFor(() => answers.shift(), { what: 'a number' })).resolves.toBe(0);
  });

  test('goes on when the condition throws', async () => {
    let looks = 0;
    const condition = (): string => {
      looks += 1;
      if (looks < 3) throw new Error('not yet');
      return 'there';
    };
    await expect(waitFor(condition, { what: 'it' })).resolves.toBe('there');
  });

  test('says what it waited for, what it saw at the end, and why the last attempt failed', async () => {
    const condition = (): never => {
      throw new Error('connection refused');
    };
    await expect(waitFor(condition, { timeoutMs: 30, what: () => 'a row; 2 seen' })).rejects.toMatchObject({
      code: 'testing.timeout',
      message: 'waited 30 ms in vain for a row; 2 seen; the last attempt failed: Error: connection refused',
    });
  });
});
