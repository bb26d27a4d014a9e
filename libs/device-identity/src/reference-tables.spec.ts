import { describe, expect, test } from '@jest/globals';
import { profileStateV1 } from '@myelin/contracts';
import { profileFrom } from './reference-tables.js';

const dayMs = 86_400_000;

describe('what an edge knows of a profile', () => {
  test.each([
    ['short', undefined, 'short', 7],
    ['long', 'raw', 'long', 1_826],
    ['long', 'summary', 'summary', 30],
    ['long', 'evaluate-only', 'evaluate-only', 7],
  ] as const)(
    'class %s with storage %s is %s, and takes measurements of %d days',
    (retentionClass, storage, is, days) => {
      const state = { ...profileStateV1.example, retentionClass, ...(storage && { storage }) };
      expect(profileFrom(state)).toMatchObject({ storageClass: is, retentionMs: days * dayMs });
    },
  );
});
