import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inTransaction } from '@myelin/persistence';
import { ApiClient } from '@myelin/testing';
import { runStep } from '../src/rollouts/run-step.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';
import { RolloutStand } from './rollouts-fixture.js';

/** Its steps are taken here: nothing moves between an action and its answer. */
let fixture: FirmwareFixture;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '1h' });
}, 120_000);
afterAll(() => fixture.dispose());

const problem = (slug: string): string => `urn:myelin:problem:${slug}`;
const because = { reason: 'a good reason' };

async function step(tenant: string): Promise<void> {
  const { dataSource } = fixture.database;
  const rows = await dataSource.query<{ id: string }[]>('SELECT id FROM rollout WHERE tenant = $1', [tenant]);
  for (const { id } of rows) await inTransaction(dataSource, (tx) => runStep(tx, id, { nowMs: Date.now(), after: -1 }));
}

/** From here on one signature is not enough. */
async function demandTwoSignatures(tenant: string): Promise<void> {
  const admin = await fixture.as(tenant, 'admin');
  const put = await admin.put('/v1/firmware-policies/thermometer', { unsigned: 'refused', threshold: 2 });
  expect([200, 201]).toContain(put.status);
}

describe('a release that may not be rolled out any more', () => {
  test('holds up an approval, and changes nothing', async () => {
    const stand = await RolloutStand.of(fixture, 'unapproved', 5);
    const path = await stand.started('spring', { startApproval: 'anyone' });
    await demandTwoSignatures(stand.tenant);
    const refused = await stand.manager.post(`${path}/approve`, undefined);
    expect(refused).toMatchObject({ status: 409, body: { type: problem('release-not-rollable') } });
    expect(refused.body['obstacles']).not.toEqual([]);
    expect((await stand.viewer.get(path)).body).toMatchObject({ state: 'waiting-for-approval', version: 2 });
  }, 120_000);

  test('holds up whoever would resume, approve of a wave or advance, but nobody who pauses or aborts', async () => {
    const stand = await RolloutStand.of(fixture, 'untrusted', 5);
    const path = await stand.started('spring');
    await step(stand.tenant);
    await demandTwoSignatures(stand.tenant);
    for (const each of ['waves/0/approve', 'waves/0/advance']) {
      const refused = await stand.manager.post(`${path}/${each}`, undefined);
      expect(refused).toMatchObject({ status: 409, body: { type: problem('release-not-rollable') } });
    }
    expect((await stand.manager.post(`${path}/pause`, because)).status).toBe(200);
    const resumed = await stand.manager.post(`${path}/resume`, undefined);
    expect(resumed).toMatchObject({ status: 409, body: { type: problem('release-not-rollable') } });
    expect((await stand.viewer.get(path)).body).toMatchObject({ state: 'paused' });
    expect((await stand.manager.post(`${path}/abort`, because)).body).toMatchObject({ state: 'aborting' });
  }, 120_000);
});

test('of two operators at two instances who act on what they have both read exactly one has it so', async () => {
  const stand = await RolloutStand.of(fixture, 'contended', 5);
  const other = await fixture.another();
  try {
    const [ada, bob] = [stand.manager, new ApiClient(other.url, stand.manager.token)];
    for (let round = 0; round < 5; round += 1) {
      const path = await stand.started(`spring-${round}`);
      await step(stand.tenant);
      const { etag } = await stand.viewer.get(path);
      const read = { 'if-match': etag };
      const answers = await Promise.all([
        ada.post(`${path}/waves/0/approve`, undefined, read),
        bob.post(`${path}/waves/0/advance`, undefined, read),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const [wave] = (await stand.viewer.get(path)).body['progress'] as readonly object[];
      const isFirst = answers[0]?.status === 200;
      expect(['approvedBy', 'advancedBy'].map((name) => name in (wave ?? {}))).toEqual([isFirst, !isFirst]);
    }
  } finally {
    await other.close();
  }
}, 180_000);
