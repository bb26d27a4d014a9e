import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inTransaction } from '@myelin/persistence';
import { waitFor } from '@myelin/testing';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';
import { EngineStand, definition, watched } from './rollout-engine-fixture.js';
import { RolloutStand, aRollout } from './rollouts-fixture.js';

let fixture: FirmwareFixture;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '1h' });
}, 120_000);
afterAll(() => fixture?.dispose());

/** A database away from the transaction, as after the death of whoever was at it. */
async function endConnection(pid: number): Promise<void> {
  await fixture.database.dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
}

describe('a start', () => {
  test.each<[string, RegExp]>([
    ['the rollout has its new state', /^UPDATE .*"rollout" SET/],
    ['its waves are written', /^INSERT INTO .*"rollout_wave"/],
    ['devices have their waves', /^INSERT INTO assignment_count/],
  ])('that dies when %s leaves a draft, and can be repeated', async (_, statement) => {
    const stand = await EngineStand.of(fixture.database, definition());
    await stand.addDevices(50);
    let deaths = 0;
    const dying = inTransaction(fixture.database.dataSource, async (tx) => {
      const [{ pid }] = await tx.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
      const isDeadly = (sql: string): boolean => statement.test(sql) && deaths === 0;
      await stand.startIn(watched(tx, (sql) => isDeadly(sql) && ((deaths += 1), endConnection(pid))));
    });
    await expect(dying).rejects.toMatchObject({ code: 'database.unavailable' });
    expect(deaths).toBe(1);
    expect(await stand.shown()).toEqual({ state: 'draft', waves: [], tally: {} });
    const [left] = await fixture.database.dataSource.query(
      'SELECT count(*)::integer AS assignments FROM assignment WHERE rollout_id = $1',
      [stand.id],
    );
    expect(left).toEqual({ assignments: 0 });
    await stand.start();
    expect(await stand.shown()).toEqual({ state: 'running', waves: ['pending', 'pending'], tally: { planned: 50 } });
  });

  test('that takes its time holds up nobody else of its tenant', async () => {
    const stand = await RolloutStand.of(fixture, 'patient', 5);
    const [long, other] = [await stand.draft('long'), await stand.started('other', { startApproval: 'anyone' })];
    const { dataSource } = fixture.database;
    let isAnswered = false;
    const starting = await inTransaction(dataSource, async (tx) => {
      // Nobody gets on with planning while this lasts.
      await tx.query('LOCK TABLE assignment IN SHARE MODE');
      const start = stand.start(long).finally(() => (isAnswered = true));
      const isWaiting = async (): Promise<boolean> => {
        const sql = `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'assignment'::regclass) AS waiting`;
        return (await tx.query<[{ waiting: boolean }]>(sql))[0].waiting;
      };
      await waitFor(isWaiting, { what: 'the start to wait', intervalMs: 10 });
      expect((await stand.manager.post(`${other}/approve`, undefined)).status).toBe(200);
      expect((await stand.manager.put('/v1/rollouts/third', aRollout())).status).toBe(201);
      expect(isAnswered).toBe(false);
      return { start };
    });
    expect((await starting.start).status).toBe(200);
  }, 60_000);
});
