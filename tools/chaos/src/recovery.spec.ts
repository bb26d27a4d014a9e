import { expect, test } from '@jest/globals';
import { RecoveryWatch, recoveryRule } from './recovery.js';

const row = recoveryRule.samples;

test('a system has recovered with the first of ten measurements in a row that are shown in time', async () => {
  const watch = new RecoveryWatch();
  const recovered = watch.recovered(1_000);
  for (let i = 0; i < row - 1; i += 1) watch.sample(2_000 + i, 50);
  watch.sample(3_000, recoveryRule.withinMs + 1);
  for (let i = 0; i < row; i += 1) watch.sample(4_000 + i, 100);
  expect(await recovered).toBe(3_100);
});

test('measurements that were sent before the damage ended prove nothing', async () => {
  const watch = new RecoveryWatch();
  const recovered = watch.recovered(1_000);
  for (let i = 0; i < 5 * row; i += 1) watch.sample(999, 10);
  for (let i = 0; i < row; i += 1) watch.sample(5_000, 10);
  expect(await recovered).toBe(4_010);
});
