import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uuidv7 } from '@myelin/kernel';
import { inTransaction } from '@myelin/persistence';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import fc from 'fast-check';
import { applyEvent } from '../src/assignments/apply-event.js';
import type { RolloutOfAssignment } from '../src/assignments/carry-out-effects.js';
import { planAssignments } from '../src/assignments/plan-assignments.js';
import { isActive } from '../src/domain/assignments/assignment.js';
import type { AssignmentChange, AssignmentEvent } from '../src/domain/assignments/change-assignment.js';
import { AssignmentEntryEntity } from '../src/persistence/assignment-entry.entity.js';
import { ActionEntity, AssignmentEntity } from '../src/persistence/assignment.entity.js';
import { foldCounts, readCounts } from '../src/persistence/assignment-counts.repository.js';
import { nextActionId } from '../src/persistence/assignments.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';

const startMs = Date.parse('2026-11-27T08:00:00Z');
const timeoutMs = 60_000;

let database: DatabaseFixture;
beforeAll(async () => {
  database = await useDatabase({ service: 'firmware-rollout', migrations, entities });
}, 60_000);
afterAll(() => database?.dispose());

async function aRollout(devices: readonly string[], tenant = 'acme'): Promise<RolloutOfAssignment> {
  const names = { id: uuidv7(), tenant, rollout: 'thermometers' };
  const rollout = { ...names, release: 'thermometer-2', releaseVersion: '2.0.0', mode: { kind: 'forced' } as const };
  const planned = devices.map((device, position) => ({ device, wave: position % 2, position }));
  await inTransaction(database.dataSource, (tx) =>
    planAssignments(tx, { ...rollout, isDownloadOnly: false }, planned, startMs),
  );
  return rollout;
}

type Step = Exclude<AssignmentEvent, { kind: 'offer' }> | { readonly kind: 'offer' };

function apply(
  rollout: RolloutOfAssignment,
  device: string,
  step: Step,
  nowMs = startMs,
): Promise<AssignmentChange | undefined> {
  return inTransaction(database.dataSource, async (tx) => {
    const event: AssignmentEvent =
      step.kind === 'offer' ? { kind: 'offer', actionId: await nextActionId(tx), timeoutMs } : step;
    return applyEvent(tx, rollout, { device, event }, nowMs);
  });
}

const report = (kind: Extract<AssignmentEvent, { kind: 'report' }>['report'], about = 'deployment' as const): Step => ({
  ...{ kind: 'report', report: kind, about, timeoutMs },
});

const countsByRows = (rolloutId: string) =>
  database.dataSource.query<object[]>(
    `SELECT wave, state, coalesce(reason, '') AS reason, count(*)::integer AS devices FROM assignment
     WHERE rollout_id = $1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    [rolloutId],
  );
const countsByChanges = async (rolloutId: string) =>
  (await readCounts(database.dataSource.manager, rolloutId)).map(({ wave, state, reason = '', devices }) => ({
    ...{ wave, state, reason, devices },
  }));

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'offer' }) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('retrieved', 'downloading', 'downloaded', 'proceeding', 'warned', 'succeeded', 'failed')
      .map((kind) => report(kind as 'retrieved')),
  },
  fc.constant<Step>({ kind: 'report', report: 'cancelled', about: 'cancel', timeoutMs }),
  fc.constant<Step>({ kind: 'report', report: 'cancel-refused', about: 'cancel', timeoutMs }),
  fc.constant<Step>({ kind: 'cancel', cause: 'operator', timeoutMs, by: 'operator:ada' }),
  fc.constant<Step>({ kind: 'time-out', timeoutMs }),
  fc.constant<Step>({ kind: 'skip', reason: 'operator', by: 'operator:ada' }),
  fc.constant<Step>({ kind: 'retry', by: 'operator:ada' }),
  fc.constant<Step>({ kind: 'end-of-device', reason: 'device-deleted' }),
);

describe('assignments in the database', () => {
  test('whatever happens to them, counts are those of the rows, histories have no gaps, and action ids live once', async () => {
    const devices = ['a', 'b', 'c'];
    const happening = fc.record({ device: fc.constantFrom(...devices), step: steps, twice: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 30 }), async (history) => {
        const rollout = await aRollout(devices, uuidv7());
        for (const [at, { device, step, twice }] of history.entries()) {
          await apply(rollout, device, step, startMs + at * 25_000);
          if (twice) await apply(rollout, device, step, startMs + at * 25_000);
        }
        await expectConsistent(rollout, devices);
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  test('a report and a cancellation at the same instant follow each other: both are recorded', async () => {
    const rollout = await aRollout(['racing'], uuidv7());
    await apply(rollout, 'racing', { kind: 'offer' });
    const both = await Promise.all([
      apply(rollout, 'racing', report('downloading')),
      apply(rollout, 'racing', { kind: 'cancel', cause: 'abort', timeoutMs }),
    ]);
    expect(both.map((change) => change?.outcome)).toEqual(['changed', 'changed']);
    const entity = await database.dataSource.manager.findOneByOrFail(AssignmentEntity, { rolloutId: rollout.id });
    expect(entity).toMatchObject({ state: 'cancelling', resumesAs: 'downloading', reason: 'abort', version: 4 });
    await expectConsistent(rollout, ['racing']);
  });

  test('a device is never offered two rollouts at once: the second one changes nothing', async () => {
    const tenant = uuidv7();
    const [first, second] = [await aRollout(['shared'], tenant), await aRollout(['shared'], tenant)];
    await apply(first, 'shared', { kind: 'offer' });
    await expect(apply(second, 'shared', { kind: 'offer' })).rejects.toMatchObject({
      code: 'database.unique-violation',
    });
    await expectConsistent(second, ['shared']);
    await apply(first, 'shared', report('succeeded'));
    expect(await apply(second, 'shared', { kind: 'offer' })).toMatchObject({ outcome: 'changed' });
  });

  test('counts that are folded while others change them are still those of the rows', async () => {
    const devices = Array.from({ length: 20 }, (_, nth) => `device-${nth}`);
    const rollout = await aRollout(devices, uuidv7());
    const folding = async (): Promise<void> => {
      for (let times = 0; times < 10; times += 1) {
        await inTransaction(database.dataSource, (tx) => foldCounts(tx, rollout.id));
      }
    };
    const changing = devices.map(async (device) => {
      await apply(rollout, device, { kind: 'offer' });
      await apply(rollout, device, report('succeeded'));
    });
    await Promise.all([folding(), folding(), ...changing]);
    await folding();
    await expectConsistent(rollout, devices);
    expect(await countsByChanges(rollout.id)).toEqual([
      { wave: 0, state: 'succeeded', reason: '', devices: 10 },
      { wave: 1, state: 'succeeded', reason: '', devices: 10 },
    ]);
  });
});

async function expectConsistent(rollout: RolloutOfAssignment, devices: readonly string[]): Promise<void> {
  const { manager } = database.dataSource;
  expect(await countsByChanges(rollout.id)).toEqual(await countsByRows(rollout.id));
  for (const device of devices) {
    const where = { rolloutId: rollout.id, device };
    const row = await manager.findOneByOrFail(AssignmentEntity, where);
    const entries = await manager.find(AssignmentEntryEntity, { where, order: { version: 'ASC' } });
    expect(entries.map(({ version }) => version)).toEqual(entries.map((_, nth) => nth + 2));
    expect(row.version).toBe(1 + entries.length);
    entries.reduce((state, { from, to }) => (expect(from).toBe(state), to), 'planned');
    expect(row.state).toBe(entries.at(-1)?.to ?? 'planned');
    const actions = await manager.findBy(ActionEntity, where);
    expect(actions).toHaveLength(entries.filter(({ kind }) => kind === 'offer').length);
    if (isActive(row.state)) expect(actions.map(({ id }) => id)).toContain(row.actionId);
  }
}
