import { expect, test } from '@jest/globals';
import { rolloutPart } from './live-line.js';

test('the live line says in which wave a rollout is, and how it has ended', () => {
  const standing = { state: 'running', wave: 2, waves: 3, updated: 41, failed: 1 } as const;
  expect(rolloutPart(standing)).toBe('wave 2/3 updated 41 failed 1  ');
  expect(rolloutPart({ ...standing, state: 'paused' })).toBe('rollout paused wave 2/3 updated 41 failed 1  ');
  expect(rolloutPart(undefined)).toBe('rollout unknown  ');
});
