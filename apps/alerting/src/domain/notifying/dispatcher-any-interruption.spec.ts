import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Alert } from './alert.js';
import { Dispatcher, type DispatcherState, defaultLimits } from './dispatcher.js';
import type { Labels } from './labels.js';
import type { Notification } from './notification.js';
import type { Policy } from './policy.js';
import { aPolicy, aWebhook, matcher } from './policy-fixture.js';
import { ReferenceDispatcher } from './reference-dispatcher.js';
import { type Silence, readSilence } from './silences.js';

const second = 1_000;
const timers = { groupWaitMs: 2 * second, groupIntervalMs: 5 * second, repeatIntervalMs: 17 * second };
const inhibitRules = [
  { sourceMatchers: [matcher('kind=site')], targetMatchers: [matcher('kind=~site|dev')], equal: ['site'] },
];
const duty = { name: 'duty', kind: 'alertmanager', url: 'https://example.com' };
const rest = { receivers: ['pager', duty, aWebhook('mail', { sendResolved: false })], inhibitRules };
const policies: readonly Policy[] = [
  aPolicy({ ...timers, groupBy: ['site'] }, rest),
  aPolicy({ ...timers, groupBy: ['...'], groupWaitMs: 0 }, rest),
  aPolicy(
    {
      ...{ ...timers, groupBy: ['site'] },
      routes: [
        { matchers: [matcher('kind=~s.*')], receiver: 'duty', continue: true, groupIntervalMs: 3 * second },
        { matchers: [matcher('site!=north')], receiver: 'mail', routes: [{ matchers: [matcher('kind=dev')] }] },
      ],
    },
    rest,
  ),
];

type Step =
  | {
      readonly kind: 'alert';
      readonly labels: Labels;
      readonly endsInMs: number | null;
      readonly mutedForMs: number;
      readonly isAcknowledged: boolean;
    }
  | { readonly kind: 'silence'; readonly id: string; readonly matcher: string; readonly forMs: number }
  | { readonly kind: 'policy'; readonly index: number }
  | { readonly kind: 'wait'; readonly ms: number };

const labels = fc.record({
  site: fc.constantFrom('', 'north', 'south'),
  kind: fc.constantFrom('site', 'dev'),
  device: fc.constantFrom('a', 'b'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('alert' as const),
      labels: labels.map((each) => Object.fromEntries(Object.entries(each).filter(([, value]) => value !== ''))),
      endsInMs: fc.constantFrom(null, null, 0, 0, 4_000),
      mutedForMs: fc.constantFrom(0, 0, 0, 7_000),
      isAcknowledged: fc.constantFrom(false, false, true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ kind: fc.constant('silence' as const), id: fc.constantFrom('1', '2') },
      ...{ matcher: fc.constantFrom('site=north', 'kind=~d.+', 'device=a'), forMs: fc.constantFrom(0, 6_000, 20_000) },
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('policy' as const), index: fc.nat(policies.length - 1) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 3_000, 9_000) }) },
);
/** What happens to the process while a step is taken. */
const fate = fc.constantFrom('goes on', 'goes on', 'restarts after it', 'dies before it is stored');

/** What a database would hold: changes and notifications of one step come together, or not at all. */
class Stored {
  readonly alerts = new Map<string, DispatcherState['alerts'][number][1]>();
  readonly groups = new Map<string, DispatcherState['groups'][number][1]>();

  commit(dispatcher: Dispatcher): void {
    const changes = structuredClone(dispatcher.takeChanges());
    for (const [key, alert] of changes.alerts) put(this.alerts, key, alert);
    for (const [id, group] of changes.groups) put(this.groups, id, group);
  }

  state(): DispatcherState {
    return structuredClone({ alerts: [...this.alerts], groups: [...this.groups] });
  }
}
function put<T>(map: Map<string, T>, key: string, value: T | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}

class World {
  nowMs = 0;
  revision = 0;
  readonly names: string[] = [];
  policy = policies[0]!;
  readonly silences = new Map<string, Silence>();
  readonly stored = new Stored();
  readonly reference = new ReferenceDispatcher(this.policy);
  dispatcher = this.restored();

  /** The lines of both sides for each instant of the step. */
  take(taken: Step, what: string): { ours: string[]; reference: string[] }[] {
    if (taken.kind === 'wait') return this.wait(taken.ms, what);
    const before = this.policy;
    this.revision += 1;
    const alert = taken.kind === 'alert' ? this.alertOf(taken) : undefined;
    const silence = taken.kind === 'silence' ? this.silenceOf(taken) : undefined;
    const policy = taken.kind === 'policy' ? policies[taken.index]! : before;
    if (alert) this.reference.accept(alert, this.nowMs);
    if (silence) this.reference.putSilence(silence);
    if (policy !== before) this.reference.replacePolicy(policy, this.nowMs);
    this.interrupted(
      what,
      () => {
        if (alert) this.dispatcher.accept(alert, this.nowMs);
        if (silence) this.dispatcher.silences.put(silence);
        if (policy !== before) this.dispatcher.replacePolicy(policy, this.nowMs);
        return [];
      },
      () => {
        if (silence) this.silences.set(silence.id, silence);
        this.policy = policy;
      },
    );
    return [];
  }

  private wait(ms: number, what: string): { ours: string[]; reference: string[] }[] {
    const instants = [];
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += second;
      const ours = this.interrupted(what, () => this.dispatcher.tick(this.nowMs));
      instants.push({ ours: ours.map((each) => this.lineOf(each)).sort(), reference: this.reference.tick(this.nowMs) });
    }
    return instants;
  }

  private interrupted(what: string, work: () => Notification[], stored = (): void => undefined): Notification[] {
    if (what === 'dies before it is stored') {
      work();
      this.dispatcher = this.restored();
    }
    const notifications = work();
    this.stored.commit(this.dispatcher);
    stored();
    for (const { receiver, groupKey, groupCreatedAtMs, sequence } of notifications)
      this.names.push(JSON.stringify([receiver, groupKey, groupCreatedAtMs, sequence]));
    if (what === 'restarts after it') this.dispatcher = this.restored();
    return notifications;
  }

  private restored(): Dispatcher {
    return Dispatcher.restore(this.policy, this.silences.values(), this.stored.state(), this.nowMs, defaultLimits);
  }

  private alertOf({ labels: own, endsInMs, mutedForMs, isAcknowledged }: Step & { kind: 'alert' }): Alert {
    const endsAtMs = endsInMs === null ? null : this.nowMs + endsInMs;
    return {
      ...{ labels: own, annotations: {}, startsAtMs: this.nowMs, endsAtMs, generatorUrl: '', revision: this.revision },
      ...(mutedForMs === 0 ? {} : { mutedUntilMs: this.nowMs + mutedForMs }),
      isAcknowledged,
    };
  }

  private silenceOf({ id, matcher: text, forMs }: Step & { kind: 'silence' }): Silence {
    const endsAt = new Date(this.nowMs + 60_000).toISOString();
    const read = readSilence({ matchers: [matcher(text)], endsAt, comment: 'c' }, id, 'a', this.nowMs);
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    return { ...read.value, endsAtMs: this.nowMs + forMs };
  }

  private lineOf({ receiver, groupKey, alerts }: Notification): string {
    const shown = (status: string): string =>
      alerts
        .filter((each) => each.status === status)
        .map((each) => JSON.stringify(Object.entries(each.labels).sort()))
        .sort()
        .join(' ');
    const routeKey = groupKey.slice(0, groupKey.indexOf('}:{') + 1);
    const groupLabels = groupKey.slice(routeKey.length + 1);
    const wantsOver = this.policy.receivers.get(receiver)?.sendResolved;
    return `${receiver} ${routeKey} ${asEntries(groupLabels)}: firing ${shown('firing')}${wantsOver ? ` over ${shown('resolved')}` : ''}`;
  }
}

/** `{a="x",b="y"}` -> `[["a","x"],["b","y"]]` */
function asEntries(text: string): string {
  return JSON.stringify([...text.matchAll(/(\w+)="(\w*)"/g)].map(([, name, value]) => [name, value]));
}

const anAlert = { kind: 'alert', mutedForMs: 0, isAcknowledged: false } as const;

describe('a dispatcher that is interrupted anywhere', () => {
  test('tells exactly what an uninterrupted one does that loops over everything, and names nothing twice', () => {
    let told = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fate), { minLength: 20, maxLength: 60 }), (steps) => {
        const world = new World();
        for (const [taken, what] of steps) {
          for (const { ours, reference } of world.take(taken, what)) {
            expect([world.nowMs, ...ours]).toEqual([world.nowMs, ...reference]);
            told += ours.length;
          }
        }
        expect(new Set(world.names).size).toBe(world.names.length);
      }),
      { numRuns: Number(process.env.MYELIN_HISTORIES ?? 200) },
    );
    expect(told).toBeGreaterThan(200);
  });

  test('holds nothing any more of what is over and told', () => {
    const world = new World();
    for (const device of ['a', 'b'])
      for (const kind of ['dev', 'site'])
        world.take({ ...anAlert, labels: { device, kind }, endsInMs: 4_000 }, 'goes on');
    world.take({ kind: 'wait', ms: 60_000 }, 'restarts after it');
    expect(world.stored.state()).toEqual({ alerts: [], groups: [] });
  });
});
