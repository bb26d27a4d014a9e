import fc from 'fast-check';
import type { CompleteBrake } from '../src/domain/rules/storm-brake.js';
import type { Alarm } from '../src/domain/alarms/alarm.js';
import type { Found } from '../src/domain/alarms/found.js';
import type { CountConcerned } from '../src/domain/alarms/storms.js';
import type { StormsSeen } from '../src/domain/alarms/reference-storms.js';

const sites = ['north', 'north', 'north', 'north', 'south', 'south', 'south', undefined, undefined, undefined];
export const windowMs = 10_000;

export const brakes: Readonly<Record<string, CompleteBrake>> = {
  silent: { by: 'site', share: 0.4, atLeast: 3, windowMs },
  hot: { share: 0.2, atLeast: 2, windowMs },
};

export function concernedAt(_rule: string, site?: { readonly name: string | undefined }): number {
  return site === undefined ? sites.length : sites.filter((one) => one === site.name).length;
}

export const concerned: CountConcerned = ({ rule, by, name }) =>
  concernedAt(rule, by === 'rule' ? undefined : { name });

export type StormStep =
  | { readonly kind: 'found'; readonly found: readonly Found[] }
  | { readonly kind: 'advance'; readonly ms: number }
  /** Applies again what was applied last. */
  | { readonly kind: 'again'; readonly back: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'end-by-hand'; readonly place: number }
  | { readonly kind: 'place' };

const pick = fc.record({ device: fc.nat(sites.length - 1), rule: fc.constantFrom('silent', 'silent', 'hot') });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('found' as const),
      picks: fc.array(pick, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 8_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), back: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end-by-hand' as const), place: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('place' as const) }) },
);

/** Devices of two sites and of none that raise and clear alarms of two rules in turn, and what else happens. */
export const stormHistories: fc.Arbitrary<StormStep[]> = fc
  .array(step, { minLength: 4, maxLength: 40, size: 'max' })
  .map((steps) => {
    const began = new Map<string, number>();
    let now = 0;
    return steps.map((one): StormStep => {
      if (one.kind !== 'found') return one;
      return { kind: 'found', found: one.picks.map((picked) => toggle(began, picked, (now += 10))) };
    });
  });

function toggle(began: Map<string, number>, picked: { device: number; rule: string }, atMs: number): Found {
  const { rule } = picked;
  const [device, site] = [`d-${picked.device}`, sites[picked.device]];
  const of = { rule, ruleVersion: 1, device };
  const startMs = began.get(`${rule} ${device}`);
  if (startMs !== undefined) {
    began.delete(`${rule} ${device}`);
    return { kind: 'cleared', ...of, startMs, atMs };
  }
  began.set(`${rule} ${device}`, atMs);
  return {
    ...{ kind: 'raised', ...of, startMs: atMs, atMs, severity: 'major', brake: brakes[rule] as CompleteBrake },
    ...(site === undefined ? {} : { site }),
    ...{ deviceLabels: {}, labels: {}, annotations: {} },
  };
}

/** As `ReferenceStorms.seen`. */
export function seenOf(alarms: readonly Alarm[]): StormsSeen {
  const byId = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  const nameOf = ({ rule, device, raiseNoticedAtMs }: Alarm): string => `${rule} ${device} since ${raiseNoticedAtMs}`;
  const by = ({ inhibitedBy }: Alarm): string =>
    inhibitedBy === undefined ? '' : ` by ${nameOf(byId.get(inhibitedBy) as Alarm)}`;
  return {
    alarms: alarms
      .filter(({ storm }) => storm === undefined)
      .map((alarm) => `${alarm.rule} ${alarm.device} ${alarm.startedAtMs} ${alarm.condition}${by(alarm)}`)
      .sort(),
    storms: alarms
      .flatMap((alarm) => {
        if (alarm.storm === undefined) return [];
        const { devices, limit } = alarm.storm;
        return [`${nameOf(alarm)} of ${devices} over ${limit} until ${alarm.clearNoticedAtMs ?? ''}${by(alarm)}`];
      })
      .sort(),
  };
}
