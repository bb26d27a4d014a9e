import { expect, test } from '@jest/globals';
import { reportOf, run } from './main-job.fixture.js';

test('a firmware that fails pauses its rollout by itself, and nobody outside the canary is shown it', async () => {
  const { code, output, errors } = await run([
    ...['--scenario', 'failing-firmware', '--json', '--free-ports', '--devices', '60'],
  ]);
  expect({ code, errors: code === 0 ? '' : errors }).toEqual({ code: 0, errors: '' });
  const report = reportOf(output);
  const kept = { lost: 0, doubled: 0, altered: 0, invented: 0, alarmsMissed: 0, alarmsFalse: 0 };
  expect(report).toMatchObject({ rolloutState: 'paused', devicesUpdated: 0, devicesDisagreeing: 0, ...kept });
  expect(report['devicesOutsideCanaryTouched']).toBe(0);
  // Three of sixty are the canary.
  expect(report['devicesFailed']).toBeGreaterThanOrEqual(2);
  expect(report['devicesFailed']).toBeLessThanOrEqual(3);
  expect(errors).toMatch(/rollout paused wave 1\/3 updated 0 failed [23]/);
}, 240_000);

test('a run without a rollout that pauses fails, and says so', async () => {
  // Too few devices for three waves.
  const { code, output, errors } = await run([
    ...['--scenario', 'failing-firmware', '--for', '5s', '--json', '--free-ports', '--devices', '3'],
  ]);
  expect(code).toBe(1);
  expect(errors).toContain('the rollout has not paused within 5 s: there is none');
  expect(reportOf(output)).toMatchObject({ lost: 0, doubled: 0 });
  expect(reportOf(output)).not.toHaveProperty('rolloutState');
}, 240_000);
