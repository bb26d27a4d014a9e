import { expect, test } from '@jest/globals';
import type { FaultReport } from './fault-run.js';
import { verdictLine } from './verdict.js';

const report: FaultReport = {
  ...{ scenario: 'kill-telemetry', proven: true, failures: [], notes: ['telemetry killed 2 times'] },
  ...{ recoveredMs: 3_210, kills: 2, exits: 0, logs: {} },
  fleet: {
    ...{ accepted: 61_234, stored: 61_234, duplicatesSent: 9, duplicatesCounted: 10, conflicts: 0, refused: 0 },
    ...{ unanswered: 3, answers: { '202': 61_000, broken: 2, '503 urn:myelin:problem:overloaded': 1 } },
    ...{
      lost: 0,
      doubled: 0,
      altered: 0,
      invented: 0,
      miscounted: 0,
      evaluateOnly: 0,
      acceptedUnstored: 0,
      filtered: 0,
    },
    ...{ p50Ms: 20, p99Ms: 1_234.5, latencySamples: 100, findings: [] },
  },
};

test('a verdict is one line with what was accepted, lost, doubled and answered, and the time of the recovery', () => {
  expect(verdictLine(report)).toBe(
    'PROVEN kill-telemetry: 61,234 accepted, 0 lost, 0 doubled, 10 duplicates counted, ' +
      'not 202: broken ×2, 503 overloaded ×1, 2 services killed, telemetry killed 2 times, p50 20 ms, p99 1,235 ms, ' +
      'recovered in 3.2 s',
  );
});

test('a verdict that is not proven says why', () => {
  const findings = [{ fault: 'lost' as const, device: 'd1', key: 'b:1:2' }];
  const failed = { ...report, proven: false, recoveredMs: undefined, failures: ['a service ended by itself'] };
  const line = verdictLine({ ...failed, fleet: { ...report.fleet, lost: 1, findings } });
  expect(line).toMatch(/^FAILED kill-telemetry: 61,234 accepted, 1 lost, /);
  expect(line).toMatch(/NOT recovered; because: a service ended by itself; lost d1 b:1:2$/);
});
