import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultFaults } from '../fault-plan.js';
import { anomalousSpans, expectedAlarms } from './expected-alarms.js';
import { courseOf, type Incident, incidentKinds } from './incident.js';
import { depot, planIncidents, type PlanSettings, siteOf } from './incident-plan.js';
import { paceOf } from './pace.js';

const share = fc.constantFrom(0, 0.05, 1);
const reports = fc.record({
  intervalMs: fc.constantFrom(1, 50, 200, 1_000, 5_000, 60_000, 3_600_000),
  reportSize: fc.constantFrom(1, 1, 10, 1_000),
  faults: fc.record({ disorder: share, lateness: share }).map((shares) => ({ ...defaultFaults, ...shares })),
});
const settings: fc.Arbitrary<PlanSettings> = fc.record({
  pace: reports.map(paceOf),
  devices: fc.integer({ min: 1, max: 300 }),
  forMs: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 600_000 }) }, fc.constant(undefined)),
  seed: fc.nat(),
});
const usual = (changes: Partial<PlanSettings>): PlanSettings => ({
  pace: paceOf({ intervalMs: 1_000, reportSize: 1, faults: defaultFaults }),
  ...{ devices: 200, forMs: 60_000, seed: 1 },
  ...changes,
});
const kindsOf = (incidents: readonly Incident[]): Set<string> => new Set(incidents.map(({ kind }) => kind));

describe('a plan of incidents', () => {
  test('is the same for the same settings', () => {
    const text = (one: PlanSettings): string => JSON.stringify(planIncidents(one));
    fc.assert(
      fc.property(settings, (one) => expect(text(one) === text(one)).toBe(true)),
      { numRuns: 30 },
    );
  });

  test('is another one for another seed', () => {
    expect(planIncidents(usual({ seed: 1 }))).not.toEqual(planIncidents(usual({ seed: 2 })));
  });

  test('holds only what begins once devices are heard and is over, noticing included, before the run is', () => {
    fc.assert(
      fc.property(settings, (one) => {
        const isWrong = ({ kind, fromMs, toMs }: Incident): boolean => {
          const { leadMs, lengthMs, afterMs } = courseOf(kind, one.pace);
          const { forMs = Number.POSITIVE_INFINITY } = one;
          return fromMs < leadMs || toMs <= fromMs || toMs - fromMs > lengthMs || toMs + afterMs > forMs;
        };
        expect(planIncidents(one).filter(isWrong)).toEqual([]);
      }),
    );
  });

  test('lets nothing happen to a device before rules have seen the end of what happened to it', () => {
    fc.assert(
      fc.property(settings, (one) => {
        const busyUntilMs = new Map<number, number>();
        const isWrong = ({ kind, devices, fromMs, toMs }: Incident): boolean => {
          const isBusy = devices.some((device) => device >= one.devices || fromMs < (busyUntilMs.get(device) ?? 0));
          for (const device of devices) busyUntilMs.set(device, toMs + courseOf(kind, one.pace).afterMs);
          return isBusy;
        };
        expect(
          planIncidents(one)
            .sort((a, b) => a.fromMs - b.fromMs)
            .filter(isWrong),
        ).toEqual([]);
      }),
    );
  });

  test('darkens all of a site at once, and none of another one with it', () => {
    fc.assert(
      fc.property(settings, (one) => {
        const atDepot = Array.from({ length: one.devices }, (_, nth) => nth).filter(
          (nth) => siteOf(nth, one.devices) === depot,
        );
        const isWrong = ({ kind, devices }: Incident): boolean =>
          kind === 'site-dark'
            ? devices.join() !== atDepot.join()
            : devices.some((nth) => siteOf(nth, one.devices) === depot);
        expect(planIncidents(one).filter(isWrong)).toEqual([]);
      }),
    );
  });

  test.each([...Array(20).keys()])(
    'of 30 s has every kind but those that models have to be warm for (seed %i)',
    (seed) => {
      const kinds = kindsOf(planIncidents(usual({ seed, forMs: 30_000 })));
      expect(kinds).toEqual(new Set(incidentKinds.filter((kind) => kind !== 'spike' && kind !== 'drift')));
    },
  );

  test.each([...Array(20).keys()])('of a minute has every kind (seed %i)', (seed) => {
    expect(kindsOf(planIncidents(usual({ seed })))).toEqual(new Set(incidentKinds));
  });

  test('goes on by the minute, and stays small however long the run', () => {
    const perMinute = planIncidents(usual({})).length;
    expect(planIncidents(usual({ forMs: 630_000 })).length).toBe(10 * perMinute);
    expect(planIncidents(usual({ forMs: 86_400_000 })).length).toBe(360 * perMinute);
    expect(planIncidents(usual({ forMs: undefined })).length).toBe(360 * perMinute);
  });

  test('leaves out what changes by the report where readings are too many to be put in order', () => {
    const pace = paceOf({ intervalMs: 1_000, reportSize: 1_000, faults: defaultFaults });
    const kinds = kindsOf(planIncidents(usual({ pace })));
    expect(kinds.has('flapping')).toBe(false);
    expect(kinds.has('silence')).toBe(true);
  });
});

describe('what has to follow from incidents', () => {
  const incident = (kind: Incident['kind'], devices = [3]): Incident => ({
    kind,
    devices,
    fromMs: 10_000,
    toMs: 24_100,
  });
  const { pace } = usual({});

  test('is an alarm for each silent device of a site, due when it has been silent for as long as the rule says', () => {
    const alarms = expectedAlarms([incident('site-dark', [1, 4])], pace);
    const dueMs = 10_000 + pace.silenceMs + 2_000;
    expect(alarms).toEqual(
      [1, 4].map((device) => ({
        ...{ rule: 'demo-silent', device, fromMs: 10_000, dueMs, settledMs: 25_600, occurrences: 1, flaps: false },
      })),
    );
  });

  test('is as many alarms as a flapping device is offline', () => {
    expect(expectedAlarms([incident('flapping')], pace)).toMatchObject([
      { rule: 'demo-offline', occurrences: 6, flaps: true },
    ]);
  });

  test('is nothing certain for a counter that begins anew, nor for what only models find', () => {
    expect(expectedAlarms([incident('counter-reset'), incident('spike'), incident('drift')], pace)).toEqual([]);
    expect(anomalousSpans([incident('counter-reset'), incident('spike'), incident('drift')], pace)).toHaveLength(2);
  });
});

test('a device that is well is never silent for as long as the rule allows, and no reading is later than the rules allow', () => {
  fc.assert(
    fc.property(reports, (one) => {
      const pace = paceOf(one);
      expect(pace.silenceMs).toBeGreaterThanOrEqual(one.intervalMs + pace.holdMs + 4_000);
      if (pace.keepsOrder) expect(pace.latenessMs).toBeGreaterThanOrEqual(pace.holdMs + 2_000);
    }),
  );
});
