import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { alarmChangedV1, alarmStateV1 } from '@myelin/contracts';
import fc from 'fast-check';
import { saveChanges } from '../src/alarms/alarm-store.js';
import { type AlarmCommand, AlarmError, handle } from '../src/domain/alarms/alarm.js';
import type { Found } from '../src/domain/alarms/found.js';
import { lockAlarm } from '../src/persistence/alarms.repository.js';
import { type AlarmsFixture, cleared, idOf, raised, tenant, useAlarms } from './alarms-fixture.js';

let fixture: AlarmsFixture;
beforeAll(async () => {
  fixture = await useAlarms();
});
afterAll(() => fixture.database.dispose());

const rules = ['cold', 'hot'] as const;
const devices = ['d-1', 'd-2'] as const;
/** How long each condition holds and does not hold in turn; at the end some still hold. */
const spells = fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 6 });

/** Of each rule and device one occurrence after the other, all of them mixed. */
const histories = fc
  .tuple(fc.array(spells, { minLength: 4, maxLength: 4 }), fc.infiniteStream(fc.nat(3)))
  .map(([each, picks]) => {
    const lanes = each.map((durations, lane) =>
      historyOf(rules[lane & 1] as string, devices[lane >> 1] as string, durations),
    );
    const mixed: Found[] = [];
    for (const pick of picks) {
      const left = lanes.filter((lane) => lane.length > 0);
      if (left.length === 0) break;
      mixed.push(left[pick % left.length]?.shift() as Found);
    }
    return mixed;
  });

function historyOf(rule: string, device: string, durations: readonly number[]): Found[] {
  let now = 1_000;
  let startMs = 0;
  return durations.map((duration, i) => {
    now += duration;
    if (i % 2 === 1) return cleared({ rule, device, startMs, atMs: now });
    startMs = now;
    return raised({ rule, device, startMs, atMs: now + 1 });
  });
}

const command = fc.oneof(
  fc.constantFrom<AlarmCommand>(
    ...[{ kind: 'acknowledge' as const }, { kind: 'unacknowledge' as const }, { kind: 'unassign' as const }],
    ...[
      { kind: 'assign' as const, assignee: 'ada' },
      { kind: 'comment' as const, text: 'seen' },
    ],
    { kind: 'clear' as const, reason: 'broken sensor' },
  ),
);
const step = fc.oneof(
  fc.record({ kind: fc.constant('advance' as const), by: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: fc.constant('crash' as const), back: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant('person' as const), at: fc.nat(20), command }),
);

async function actAsPerson(id: string, one: AlarmCommand): Promise<void> {
  await fixture.alerting.change(async (tx) => {
    const alarm = await lockAlarm(tx, tenant, id);
    if (alarm === undefined) return;
    try {
      const context = { by: 'operator:ada', atMs: fixture.clock.nowMs(), expectedVersion: alarm.version };
      await saveChanges(tx, tenant, [handle(alarm, one, context)]);
    } catch (error) {
      if (!(error instanceof AlarmError)) throw error;
    }
  });
}

interface Entry {
  readonly alarm: string;
  readonly version: number;
  readonly kind: string;
  readonly by: string | null;
}

test('any batches, crashes that repeat them and people in between: each occurrence is raised once, cleared once, and told once', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.array(step, { maxLength: 15 }), async (history, steps) => {
      await fixture.clear();
      let position = 0;
      for (const one of [...steps, { kind: 'advance' as const, by: history.length }]) {
        fixture.clock.advance(1_000);
        if (one.kind === 'crash') position = Math.max(0, position - one.back);
        else if (one.kind === 'person')
          await actAsPerson(idOf(history[one.at % history.length] ?? raised()), one.command);
        else {
          await fixture.apply(history.slice(position, position + one.by));
          position += one.by;
        }
      }
      await fixture.apply(history.slice(position));
      await expectEachOnce(history);
    }),
    { numRuns: 40 },
  );
}, 240_000);

async function expectEachOnce(history: readonly Found[]): Promise<void> {
  const entries = await fixture.query<Entry>(
    'SELECT alarm, version, kind, by FROM alarm_entry ORDER BY alarm, version',
  );
  const idsOf = (kind: Found['kind']) => [
    ...new Set(history.filter((one) => one.kind === kind).map((one) => idOf(one))),
  ];
  expect(entries.filter(({ kind }) => kind === 'raise').map(({ alarm }) => alarm)).toEqual(idsOf('raised').sort());
  const clears = entries.filter(({ kind }) => kind === 'clear');
  expect(new Set(clears.map(({ alarm }) => alarm)).size).toBe(clears.length);
  const byHand = clears.filter(({ by }) => by !== null).map(({ alarm }) => alarm);
  expect(clears.map(({ alarm }) => alarm)).toEqual([...new Set([...idsOf('cleared'), ...byHand])].sort());
  for (const of of Map.groupBy(entries, ({ alarm }) => alarm).values())
    expect(of.map(({ version }) => version)).toEqual(of.map((_, i) => i + 1));
  const alarms = await fixture.query<{ id: string; version: number }>('SELECT id, version FROM alarm ORDER BY id');
  expect(alarms).toEqual(
    [...Map.groupBy(entries, ({ alarm }) => alarm)].map(([id, of]) => ({ id, version: of.length })),
  );
  await expectTold(entries);
}

/** The outbox has each entry once as a change and once as a state, those of an alarm in its order. */
async function expectTold(entries: readonly Entry[]): Promise<void> {
  const outgoing = await fixture.outgoing();
  const told = (topic: string) =>
    outgoing
      .filter((one) => one.topic === topic)
      .map(({ value }) => ({ alarm: String(value?.['alarm']), version: value?.['version'] }));
  const expected = entries.map(({ alarm, version }) => ({ alarm, version }));
  for (const { topic } of [alarmStateV1, alarmChangedV1]) {
    const byAlarm = told(topic.name).toSorted((a, b) => (a.alarm < b.alarm ? -1 : Number(a.alarm > b.alarm)));
    expect(byAlarm).toEqual(expected);
  }
}
