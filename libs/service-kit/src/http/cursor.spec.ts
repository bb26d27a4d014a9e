import { describe, expect, test } from '@jest/globals';
import { Problem, decodeCursor, encodeCursor } from '../index.js';

interface Position {
  readonly after: string;
}

const isPosition = (value: unknown): value is Position =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Position>).after === 'string';

describe('cursors', () => {
  test.each(['pump-1', 'Pümpe ✓', ''])('what went in comes out: %j', (after) => {
    const cursor = encodeCursor({ after });
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeCursor(cursor, isPosition)).toEqual({ after });
  });

  test.each(['', 'not base64url!', 'bm90IGpzb24', encodeCursor({ before: 1 }), encodeCursor(null), 'A'.repeat(3_000)])(
    'anything else is 400 cursor-invalid: %#',
    (cursor) => {
      let thrown: unknown;
      try {
        decodeCursor(cursor, isPosition);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(Problem);
      expect(thrown).toMatchObject({ status: 400, type: 'cursor-invalid', errors: [{ parameter: 'cursor' }] });
    },
  );
});
