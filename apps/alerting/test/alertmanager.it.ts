import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@myelin/testing';
import fc from 'fast-check';
import type { Alert } from '../src/domain/notifying/alert.js';
import { Dispatcher } from '../src/domain/notifying/dispatcher.js';
import { Inhibitions } from '../src/domain/notifying/inhibitions.js';
import type { MatcherDefinition } from '../src/domain/notifying/label-matchers.js';
import { type Labels, fingerprintOf, keyOf } from '../src/domain/notifying/labels.js';
import type { Policy } from '../src/domain/notifying/policy.js';
import { readPolicy } from '../src/domain/notifying/read-policy.js';
import { isMutedByTime, routesFor } from '../src/domain/notifying/route-alerts.js';
import { Silences, readSilence } from '../src/domain/notifying/silences.js';
import { AddressGuard } from '../src/features/deliver-notifications/address-guard.js';
import { sendToAlertmanager } from '../src/features/deliver-notifications/send-to-alertmanager.js';
import { type WebhookBody, webhookBody } from '../src/features/deliver-notifications/webhook-body.js';
import {
  type IntervalDefinition,
  type PolicyDefinition,
  type RouteDefinition,
  alertmanagerConfig,
} from './alertmanager-config.js';
import { aDelivery, aNotification } from './deliveries-fixture.js';
import { RealAlertmanager, findAlertmanager } from './real-alertmanager.js';

const found = await findAlertmanager();
const whyNot = 'missing' in found ? ` (SKIPPED, ${found.missing})` : '';

// One fixed seed: a difference that was found once is found again.
const sampled = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(arbitrary, { numRuns: count, seed: 7 });
const is = (name: string, value: string): MatcherDefinition => ({ name, operator: '=', value });

const value = fc.constantFrom('x', 'y', 'z', 'xy');
const matcher: fc.Arbitrary<MatcherDefinition> = fc.oneof(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    operator: fc.constantFrom('=', '!='),
    value: fc.oneof(value, fc.constant('')),
  }),
  fc.record({
    ...{ name: fc.constantFrom('a', 'b', 'c'), operator: fc.constantFrom('=~', '!~') },
    value: fc.constantFrom('x.*', 'x|y', '.+', '.*', '[^x]', '(?i)X', 'z$', '^xy?$'),
  }),
);
const alertLabels = fc
  .record({ a: fc.option(value), b: fc.option(value), c: fc.option(value), device: fc.nat(99) })
  .map(({ device, ...rest }) => ({
    ...Object.fromEntries(Object.entries(rest).filter(([, each]) => each !== null)),
    ...{ suite: 'routing', device: `dev-${device}` },
  })) as fc.Arbitrary<Labels>;

const routeAbove = (below: fc.Arbitrary<RouteDefinition>, most: number): fc.Arbitrary<RouteDefinition> =>
  fc.record(
    {
      receiver: fc.constantFrom('one', 'two'),
      groupBy: fc.constantFrom(['a'], ['b', 'c'], ['...']), // an empty one is inherited there
      matchers: fc.array(matcher, { maxLength: 2 }),
      continue: fc.boolean(),
      routes: fc.array(below, { maxLength: most }),
    },
    { requiredKeys: [] },
  );
const randomRoute = routeAbove(routeAbove(routeAbove(fc.constant({}), 0), 3), 3);

const wide = (low: number, high: number): fc.Arbitrary<string[]> =>
  fc
    .array(fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high })), {
      minLength: 1,
      maxLength: 2,
    })
    .map((pairs) => pairs.map(([one, other]) => `${Math.min(one, other)}:${Math.max(one, other)}`));
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const interval: fc.Arbitrary<IntervalDefinition> = fc.record(
  {
    times: fc.constantFrom(
      [{ startTime: '00:00', endTime: '12:00' }],
      [
        { startTime: '06:00', endTime: '18:00' },
        { startTime: '20:00', endTime: '24:00' },
      ],
    ),
    weekdays: fc.subarray(weekdays, { minLength: 3 }),
    daysOfMonth: fc.oneof(wide(1, 31), wide(-31, -1), fc.constant(['10:-2'])),
    months: wide(1, 12),
    location: fc.constantFrom('Europe/Berlin', 'Pacific/Auckland', 'America/St_Johns', 'Pacific/Kiritimati'),
  },
  { requiredKeys: ['location'] },
);

const timeIntervals = sampled(interval, 60).map((each, index) => ({ name: `interval-${index}`, intervals: [each] }));
/** Every look at a group is a second away from what changes it, so that a busy machine does not change the outcome. */
const timers = { groupWaitMs: 1_000, groupIntervalMs: 2_000, repeatIntervalMs: 5_000 };
const policyDefinition: PolicyDefinition = {
  route: {
    ...{
      receiver: 'rest',
      groupBy: ['alertname'],
      groupWaitMs: 3_600_000,
      groupIntervalMs: 3_600_000,
      repeatIntervalMs: 7_200_000,
    },
    routes: [
      { matchers: [is('suite', 'routing')], groupBy: ['a'], receiver: 'one', routes: sampled(randomRoute, 12) },
      {
        ...{ matchers: [is('suite', 'times')], receiver: 'times', groupBy: ['...'], groupWaitMs: 0 },
        routes: timeIntervals.map(({ name }, index) => ({
          matchers: [is('interval', name)],
          ...(index % 2 === 0 ? { muteTimeIntervals: [name] } : { activeTimeIntervals: [name] }),
        })),
      },
      {
        ...{ matchers: [is('suite', 'timing')], receiver: 'timing', groupBy: ['case'], ...timers },
        routes: [{ matchers: [is('case', 'quiet')], receiver: 'quiet' }],
      },
    ],
  },
  receivers: ['rest', 'one', 'two', 'times', 'timing', 'quiet'].map((name) => ({
    ...{ name, kind: 'webhook', sendResolved: name !== 'quiet' },
  })),
  inhibitRules: [
    ...sampled(fc.tuple(matcher, matcher, fc.subarray(['b', 'c'])), 5).map(([source, target, equal]) => ({
      sourceMatchers: [is('suite', 'routing'), source, is('device', 'dev-7')],
      targetMatchers: [is('suite', 'routing'), target],
      equal,
    })),
    { sourceMatchers: [is('role', 'source')], targetMatchers: [is('role', 'target')], equal: ['case'] },
  ],
  timeIntervals,
};

function ours(): Policy {
  const receivers = policyDefinition.receivers.map((each) => ({
    ...each,
    url: 'http://localhost/',
    signingKeyRef: 'k',
  }));
  const read = readPolicy({ ...policyDefinition, receivers });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}
function alertOf(labels: Labels, startsAtMs: number, endsAtMs: number | null, revision = 1): Alert {
  return { labels, annotations: { note: labels.device ?? 'none' }, startsAtMs, endsAtMs, generatorUrl: '', revision };
}
const posted = ({ labels, annotations, startsAtMs, endsAtMs }: Alert): object => ({
  ...{ labels, annotations, startsAt: new Date(startsAtMs).toISOString() },
  ...(endsAtMs === null ? {} : { endsAt: new Date(endsAtMs).toISOString() }),
});

(whyNot === '' ? describe : describe.skip)(`the same alerts given to a real Alertmanager${whyNot}`, () => {
  const policy = ours();
  const received: WebhookBody[] = [];
  let hook: Server;
  let real: RealAlertmanager;

  beforeAll(async () => {
    hook = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push(JSON.parse(Buffer.concat(chunks).toString()) as WebhookBody);
        response.end();
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
    if ('program' in found)
      real = await RealAlertmanager.start(found.program, alertmanagerConfig(policyDefinition, url));
  });
  afterAll(async () => {
    await real?.[Symbol.asyncDispose]();
    hook?.closeAllConnections();
    await new Promise((resolve) => hook.close(resolve));
  });

  test('go into the same groups of the same receivers, silenced and inhibited alike', async () => {
    const nowMs = Date.now();
    const alerts = new Map(
      sampled(alertLabels, 400).map((labels) => [keyOf(labels), alertOf(labels, nowMs - 1_000, null)]),
    );
    const silences = new Silences();
    const endsAt = new Date(nowMs + 3_600_000).toISOString();
    for (const matchers of sampled(fc.array(matcher, { minLength: 1, maxLength: 2 }), 12)) {
      const narrow = [...matchers, { name: 'device', operator: '=~', value: 'dev-[1-3].?' } as const];
      const { silenceID } = await real.post<{ silenceID: string }>('/api/v2/silences', {
        ...{ startsAt: new Date(nowMs).toISOString(), endsAt, createdBy: 'test', comment: 'test' },
        matchers: narrow.map(({ name, operator, value: text }) => ({
          ...{ name, value: text, isRegex: operator.includes('~'), isEqual: operator.startsWith('=') },
        })),
      });
      const silence = readSilence({ matchers: narrow, endsAt, comment: 'test' }, silenceID, 'test', nowMs);
      if (!silence.ok) throw new Error(JSON.stringify(silence.problems));
      silences.put(silence.value);
    }
    await real.post('/api/v2/alerts', [...alerts.values()].map(posted));

    const inhibitions = new Inhibitions(policy.inhibitRules);
    for (const [key, { labels }] of alerts) inhibitions.put(key, labels, null);
    const dispatcher = Dispatcher.restore(policy, [], { alerts: [], groups: [] }, nowMs);
    for (const alert of alerts.values()) expect(dispatcher.accept(alert, nowMs)).toBe('accepted');
    const expected = new Set<string>();
    for (const [, group] of dispatcher.takeChanges().groups)
      for (const [key] of group?.members ?? []) {
        const { labels } = alerts.get(key)!;
        const by = [silences.muting(labels, Date.now()), inhibitions.isMuted(labels, nowMs)];
        expected.add(JSON.stringify([group?.receiver, keyOf(group?.labels ?? {}), key, fingerprintOf(labels), ...by]));
      }

    const seen = await waitFor(
      async () => {
        const groups = await real.get<AlertGroup[]>('/api/v2/alerts/groups');
        const lines = groups
          .flatMap((group) => group.alerts.map((alert) => lineOf(group, alert)))
          .filter((line) => line.includes('routing'));
        return new Set(lines).size >= expected.size && new Set(lines);
      },
      { what: 'Alertmanager to have all alerts' },
    );
    expect([...seen].sort()).toEqual([...expected].sort());
    const muted = [...expected].filter((line) => line.endsWith('true]') || !line.includes(',[],'));
    expect([expected.size > 300, muted.length > 30, muted.length < expected.size - 30]).toEqual([true, true, true]);
  });

  test('are held back by the same times', async () => {
    const nowMs = Date.now();
    const all = timeIntervals.map(({ name }) => ({ suite: 'times', interval: name }));
    await real.post(
      '/api/v2/alerts',
      all.map((labels) => posted(alertOf(labels, nowMs, null))),
    );
    const last = { suite: 'times', interval: 'none' };
    const heldBack = (labels: Labels): boolean => isMutedByTime(policy, routesFor(policy, labels)[0]!, nowMs);
    const expected = all.filter((labels) => !heldBack(labels)).map((each) => each.interval);
    const told = (): (string | undefined)[] =>
      received.filter(({ receiver }) => receiver === 'times').map(({ groupLabels }) => groupLabels.interval);
    await waitFor(() => told().length >= expected.length, {
      what: () => `${expected.length} notifications, not ${told().length}`,
    });
    await real.post('/api/v2/alerts', [posted(alertOf(last, nowMs, null))]);
    await waitFor(() => told().includes('none'), { what: 'the alert without an interval' });
    expect(
      told()
        .filter((each) => each !== 'none')
        .sort(),
    ).toEqual(expected.sort());
    expect([expected.length > 10, expected.length < 50]).toEqual([true, true]);
  });

  test('are told in the same order, with the same content', async () => {
    const dispatcher = Dispatcher.restore(policy, [], { alerts: [], groups: [] }, 0);
    const told: WebhookBody[] = [];
    const startMs = Date.now();
    for (const [step, { atMs, alerts }] of scenario.entries()) {
      await sleep(Math.max(0, startMs + atMs - Date.now()));
      const changes = alerts.map(([labels, status], index) => {
        const full = { suite: 'timing', ...labels };
        const endsAtMs = status === 'over' ? startMs + atMs : null;
        return alertOf(full, endsAtMs === null ? startMs + atMs : startMs, endsAtMs, step * 100 + index + 1);
      });
      if (changes.length > 0) await real.post('/api/v2/alerts', changes.map(posted));
      for (
        let dueMs = dispatcher.nextDueMs();
        dueMs !== undefined && dueMs <= startMs + atMs;
        dueMs = dispatcher.nextDueMs()
      )
        told.push(...dispatcher.tick(dueMs).map((each) => webhookBody(each, 0, '')));
      for (const alert of changes) dispatcher.accept(alert, startMs + atMs);
    }
    const cases = (bodies: readonly WebhookBody[]): unknown =>
      Object.groupBy(bodies.map(contentOf), ({ groupKey }) => groupKey as string);
    const theirs = (): WebhookBody[] => received.filter(({ receiver }) => ['timing', 'quiet'].includes(receiver));
    await waitFor(() => theirs().length >= told.length, {
      what: () => `${told.length} notifications, not ${theirs().length}`,
    });
    expect(cases(theirs())).toEqual(cases(told));
    expect(told.length).toBeGreaterThan(12);
  });

  test('are taken from us, with an end that each repetition moves on', async () => {
    const guard = new AddressGuard(['127.0.0.1/32']);
    const receiver = {
      name: 'r',
      kind: 'alertmanager',
      sendResolved: true,
      url: `${real.url}/`,
      timeoutMs: 5_000,
    } as const;
    const startsAtMs = Date.now() - 5_000;
    const labels = { suite: 'handed over', 'site.name': 'north' };
    const send = async (endsAtMs: number | null, nowMs: number): Promise<void> => {
      const status = endsAtMs === null ? 'firing' : 'resolved';
      const alert = { labels, annotations: { a: 'b' }, startsAtMs, endsAtMs, status, generatorUrl: '' } as const;
      const delivery = aDelivery({ notification: aNotification({ alerts: [alert], repeatsWithinMs: 60_000 }) });
      const sent = await sendToAlertmanager({ guard, clock: { nowMs: () => nowMs } }, receiver, delivery);
      expect(sent).toEqual({ kind: 'delivered' });
    };
    const held = async (): Promise<{ endsAt: string; labels: Labels } | undefined> =>
      (await real.get<{ endsAt: string; labels: Labels }[]>('/api/v2/alerts')).find(
        (each) => each.labels.suite === labels.suite,
      );
    const endsAfter = async (ms: number): Promise<void> => {
      await waitFor(async () => Date.parse((await held())?.endsAt ?? '') === ms, { what: 'the alert to end then' });
    };
    const nowMs = Date.now();
    await send(null, nowMs);
    await endsAfter(nowMs + 240_000);
    expect((await held())?.labels).toEqual({ suite: 'handed over', site_name: 'north' });
    await send(null, nowMs + 1_000);
    await endsAfter(nowMs + 241_000);
    await send(Date.now() - 1, nowMs + 2_000);
    await waitFor(async () => (await held()) === undefined, { what: 'the alert to be over' });
  });
});

/** A group that is made at 0 is looked at after 1, 3, 5 ... seconds. */
const scenario: readonly { atMs: number; alerts: readonly (readonly [Labels, 'fires' | 'over'])[] }[] = [
  {
    atMs: 0,
    alerts: [
      ...(['repeat', 'grows', 'ends', 'returns', 'early', 'order', 'quiet'] as const).map(
        (name) => [{ case: name, device: 'b' }, 'fires'] as const,
      ),
      [{ case: 'early', device: 'stays' }, 'fires'],
      ...[{ job: 'z' }, { instance: '1' }, { job: 'a', instance: '2' }, { x: '1', y: '1' }, { zone: 'a' }].map(
        (labels) => [{ case: 'order', ...labels } as Labels, 'fires'] as const,
      ),
      [{ case: 'gone', device: 'b' }, 'fires'],
      [{ case: 'inhibited', role: 'source' }, 'fires'],
      [{ case: 'inhibited', role: 'target', device: 'b' }, 'fires'],
      [{ case: 'quiet', device: 'c' }, 'fires'],
    ],
  },
  {
    atMs: 400,
    alerts: [
      [{ case: 'gone', device: 'b' }, 'over'],
      [{ case: 'early', device: 'b' }, 'over'],
    ],
  },
  {
    atMs: 2_000,
    alerts: [
      [{ case: 'grows', device: 'a' }, 'fires'],
      [{ case: 'ends', device: 'b' }, 'over'],
      [{ case: 'returns', device: 'b' }, 'over'],
      [{ case: 'quiet', device: 'b' }, 'over'],
    ],
  },
  {
    atMs: 4_000,
    alerts: [
      [{ case: 'returns', device: 'b' }, 'fires'],
      [{ case: 'grows', device: 'b' }, 'over'],
      [{ case: 'quiet', device: 'c' }, 'over'],
      [{ case: 'inhibited', role: 'source' }, 'over'],
    ],
  },
  { atMs: 6_000, alerts: [[{ case: 'quiet', device: 'c' }, 'fires']] },
  { atMs: 8_000, alerts: [] },
];

interface AlertGroup {
  readonly labels: Labels;
  readonly receiver: { readonly name: string };
  readonly alerts: readonly GroupedAlert[];
}
interface GroupedAlert {
  readonly labels: Labels;
  readonly fingerprint: string;
  readonly status: { readonly silencedBy: readonly string[]; readonly inhibitedBy: readonly string[] };
}

function lineOf({ labels, receiver }: AlertGroup, alert: GroupedAlert): string {
  const { silencedBy, inhibitedBy } = alert.status;
  const by = [[...silencedBy].sort(), inhibitedBy.length > 0];
  return JSON.stringify([receiver.name, keyOf(labels), keyOf(alert.labels), alert.fingerprint, ...by]);
}

/** Without addresses, times, and what only newer versions send. */
function contentOf({
  alerts,
  groupLabels,
  commonLabels,
  commonAnnotations,
  ...body
}: WebhookBody): Record<string, unknown> {
  const { version, groupKey, status, receiver, truncatedAlerts } = body;
  return {
    ...{ version, groupKey, status, receiver, truncatedAlerts, groupLabels, commonLabels, commonAnnotations },
    alerts: alerts.map((each) => [each.status, each.labels, each.annotations, each.fingerprint]),
  };
}
