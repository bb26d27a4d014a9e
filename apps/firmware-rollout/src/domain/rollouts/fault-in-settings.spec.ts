import { expect, test } from '@jest/globals';
import { faultInSettings } from './fault-in-settings.js';
import type { RolloutSettings } from './rollout.js';
import { aRollout } from './rollout-fixture.js';

const growing = { kind: 'growing', perMinute: 10, factor: 2, everySuccesses: 100, maxPerMinute: 500 } as const;
const weekly = [{ fromMinute: 0, toMinute: 60 }];
const share = { kind: 'failure-share', above: 0.2, minimumFailures: 2 } as const;

test('settings with everything there is are accepted', () => {
  const { settings } = aRollout({
    advance: [
      { kind: 'success-share', atLeast: 0.95 },
      { kind: 'soak-time', ms: 3_600_000 },
      { kind: 'approval', by: 'second-person' },
      { kind: 'windows', weekly, timeZone: 'Europe/Berlin' },
      ...[{ kind: 'calm-gateways' } as const, { kind: 'judged', by: 'telemetry' } as const],
    ],
    pause: [{ ...share, confidence: 0.95 }],
    ...{ speed: growing, windows: { weekly } },
  });
  expect(faultInSettings(settings)).toBeUndefined();
});

test.each<[Partial<RolloutSettings>, string, string]>([
  [{ timeoutMs: 9_999 }, 'timeoutMs', 'must be a whole number from 10000 to 7776000000'],
  [{ timeoutMs: NaN }, 'timeoutMs', 'must be a whole number from 10000 to 7776000000'],
  [
    { advance: [{ kind: 'calm-gateways' }, { kind: 'success-share', atLeast: 1.1 }] },
    'advance/1/atLeast',
    'must be from 0 to 1',
  ],
  [{ advance: [{ kind: 'judged', by: '' }] }, 'advance/0/by', 'must be a text of 1 to 64 characters'],
  [
    { advance: [{ kind: 'windows', weekly, timeZone: 'Mars/Base' }] },
    ...(['advance/0/timeZone', 'must be an IANA time zone'] as const),
  ],
  [{ pause: [{ ...share, above: 1 }] }, 'pause/0/above', 'must be below 1'],
  [
    { pause: [{ ...share, minimumFailures: 0 }] },
    'pause/0/minimumFailures',
    'must be a whole number from 1 to 10000000',
  ],
  [{ pause: [{ ...share, confidence: 1 }] }, 'pause/0/confidence', 'must be from 0.5 to 0.9999'],
  [{ pause: Array<typeof share>(17).fill(share) }, 'pause', 'must be at most 16 conditions'],
  [{ speed: { kind: 'constant', perMinute: 0 } }, 'speed/perMinute', 'must be a whole number from 1 to 1000000'],
  [{ speed: { ...growing, factor: 1 } }, 'speed/factor', 'must be above 1'],
  [{ speed: { ...growing, maxPerMinute: 9 } }, 'speed/maxPerMinute', 'must be a whole number from 10 to 1000000'],
  [{ windows: { weekly: [] } }, 'windows/weekly', 'must be 1 to 64 windows'],
  [
    { windows: { weekly: [{ fromMinute: 0, toMinute: 10_080 }] } },
    ...(['windows/weekly/0/toMinute', 'must be a whole number from 0 to 10079'] as const),
  ],
])('the fault of %j is at %s', (members, path, detail) => {
  const fault = faultInSettings(aRollout(members).settings);
  expect([fault?.path.join('/'), fault?.detail]).toEqual([path, detail]);
});
