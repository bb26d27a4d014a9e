import { expect, test } from '@jest/globals';
import { FollowedState } from './followed-state.js';

const request = (until: string) => ({ tenant: 'acme', device: 'pump-1', until, version: 1 });

test('a device is followed until its request ends by the clock, or is taken back', () => {
  const state = new FollowedState();
  const endMs = Date.parse('2026-11-28T06:10:00Z');
  expect(state.isFollowed('acme/pump-1', 0)).toBe(false);
  state.apply('acme/pump-1', request('2026-11-28T06:10:00Z'));
  expect(['acme/pump-1', 'acme/pump-2', 'other/pump-1'].map((key) => state.isFollowed(key, endMs - 1))).toEqual([
    ...[true, false, false],
  ]);
  expect([state.isFollowed('acme/pump-1', endMs), state.count]).toEqual([false, 0]);
  state.apply('acme/pump-1', request('2026-11-28T06:20:00Z'));
  expect(state.isFollowed('acme/pump-1', endMs)).toBe(true);
  state.apply('acme/pump-1', null);
  expect([state.isFollowed('acme/pump-1', endMs), state.count]).toEqual([false, 0]);
});
