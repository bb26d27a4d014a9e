import { describe, expect, test } from '@jest/globals';
import type { RolloutStanding } from '@myelin/fleet-simulator';
import { scenarioOf, untilPaused } from './scenario.js';

const never = new AbortController().signal;

function rolloutThatIs(...states: readonly (RolloutStanding['state'] | 'away')[]) {
  const left = [...states];
  return {
    rolloutPollMs: 0,
    rolloutStanding: async (): Promise<RolloutStanding> => {
      const state = left.length > 1 ? left.shift() : left[0];
      if (state === 'away' || state === undefined) throw new Error('away');
      return { state, wave: 1, waves: 3, updated: 0, failed: 0 };
    },
  };
}

describe('waiting for a rollout to pause', () => {
  test('ends when it has, whatever service was away in between', async () => {
    expect(await untilPaused(rolloutThatIs('running', 'away', 'paused'), 60_000, never)).toBeUndefined();
  });

  test('is given up after its time, and says what was seen', async () => {
    expect(await untilPaused(rolloutThatIs('succeeded'), 1_000, never)).toBe(
      'the rollout has not paused within 1 s: it is succeeded',
    );
    expect(await untilPaused(rolloutThatIs('away'), 1_000, never)).toContain('nobody answers');
  });

  test('ends when it is interrupted', async () => {
    expect(await untilPaused(rolloutThatIs('running'), 60_000, AbortSignal.abort())).toBeUndefined();
  });
});

test('an unknown scenario is refused with those that there are', () => {
  expect(scenarioOf('failing-firmware')).toBe('failing-firmware');
  expect(() => scenarioOf('sunshine')).toThrow('--scenario takes rollout, failing-firmware, none');
});
