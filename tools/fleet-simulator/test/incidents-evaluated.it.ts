import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultFaults } from '../src/fault-plan.js';
import { expectedAlarms } from '../src/incidents/expected-alarms.js';
import { planIncidents } from '../src/incidents/incident-plan.js';
import { type AlarmVerdict, judgeAlarms } from '../src/incidents/judge-alarms.js';
import { paceOf } from '../src/incidents/pace.js';
import { type Series, loadSeries, shippedDataFolder } from '../src/series.js';
import {
  type AlertingEvaluation,
  type RunSettings,
  alertingEvaluation,
  evaluatedRun,
} from './evaluated-run.fixture.js';

let evaluation: AlertingEvaluation;
let series: readonly Series[];

beforeAll(async () => {
  evaluation = await alertingEvaluation();
  series = await loadSeries(shippedDataFolder);
});

function verdictOf(settings: RunSettings): AlarmVerdict {
  const pace = paceOf(settings);
  const incidents = planIncidents({ pace, ...settings });
  const seen = evaluatedRun(evaluation, incidents, series, settings);
  return judgeAlarms(expectedAlarms(incidents, pace), seen, settings.forMs);
}

const faultless = { missed: 0, unfounded: 0, findings: [] };
const usual = { intervalMs: 1_000, reportSize: 1, faults: defaultFaults, devices: 40, forMs: 30_000, stallMs: 0 };

describe('the alarms that a plan of incidents makes expect', () => {
  const settings: fc.Arbitrary<RunSettings> = fc.record({
    intervalMs: fc.constantFrom(200, 1_000, 1_000, 1_000, 3_000),
    reportSize: fc.constantFrom(1, 1, 1, 4),
    faults: fc
      .record({
        duplicates: fc.constantFrom(0, 0.3),
        disorder: fc.constantFrom(0, 0.05, 0.05, 1),
        lateness: fc.constantFrom(0, 0, 0, 0.1),
        clockSkewMs: fc.constantFrom(0, 5_000, 3_600_000),
      })
      .map((some) => ({ ...defaultFaults, ...some })),
    devices: fc.integer({ min: 1, max: 45 }),
    forMs: fc.integer({ min: 20_000, max: 90_000 }),
    stallMs: fc.constantFrom(0, 0, 1_500),
    seed: fc.nat(),
  });

  test('are those that the rules raise and clear, no more and no fewer, however messages are held back and copied', () => {
    fc.assert(
      fc.property(settings, (one) => {
        const verdict = verdictOf(one);
        expect(verdict).toMatchObject(faultless);
        expect(verdict).toMatchObject({ raised: verdict.expected, cleared: verdict.expected });
      }),
      { numRuns: 25 },
    );
  });

  test.each([...Array(8).keys()])('are of every kind in a run of half a minute (seed %i)', (seed) => {
    // Two at the depot, one silent, one with an empty battery, one with a surge; six of one that flaps.
    expect(verdictOf({ ...usual, seed })).toEqual({ raised: 11, cleared: 11, expected: 11, ...faultless });
  });
});
