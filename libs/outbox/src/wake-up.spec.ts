import { describe, expect, test } from '@jest/globals';
import { Backoff } from './backoff.js';
import { WakeUp } from './wake-up.js';

const forever = 60_000;

describe('a wake-up', () => {
  test('ends a wait that is under way', async () => {
    const wakeUp = new WakeUp();
    const waiting = wakeUp.wait(forever);
    wakeUp.call();
    await waiting;
  });

  test('that comes while nobody waits is not lost, and counts once', async () => {
    const wakeUp = new WakeUp();
    wakeUp.call();
    wakeUp.call();
    await wakeUp.wait(forever);
    let ended = false;
    const second = wakeUp.wait(forever).then(() => (ended = true));
    await new Promise(setImmediate);
    expect(ended).toBe(false);
    wakeUp.call();
    await second;
  });

  test('is not needed: a wait ends by itself', async () => {
    await new WakeUp().wait(1);
  });
});

test('the back-off grows with failures in a row up to two seconds, and begins again after a success', () => {
  const backoff = new Backoff();
  expect(backoff.failing).toBe(false);
  for (const ceilingMs of [200, 400, 800, 1_600, 2_000, 2_000]) {
    backoff.fail();
    const pauseMs = backoff.pauseMs();
    expect(pauseMs).toBeGreaterThanOrEqual(ceilingMs / 2);
    expect(pauseMs).toBeLessThanOrEqual(ceilingMs);
  }
  backoff.succeed();
  expect(backoff.failing).toBe(false);
});
