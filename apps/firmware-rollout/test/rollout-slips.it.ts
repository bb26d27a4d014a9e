import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';
import { RolloutStand, aRollout } from './rollouts-fixture.js';

let fixture: FirmwareFixture;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms' });
}, 120_000);
afterAll(() => fixture?.dispose());

const problem = (slug: string): string => `urn:myelin:problem:${slug}`;
const everybody = { kind: 'percent', percent: 100 };
const canary = (selector: object): object => ({ waves: [{ kind: 'selector', selector }, everybody] });

describe('a slip of who writes a rollout', () => {
  test.each([
    ['target', { target: { profiles: ['termometer'] } }, 'target-matches-nobody', '/target'],
    ['canary', canary({ devices: ['devcie-0'] }), 'wave-matches-nobody', '/waves/0/selector'],
    ['label', canary({ labels: { ring: ['canry'] } }), 'wave-matches-nobody', '/waves/0/selector'],
  ])(
    'in its %s is named by the preview and refuses the start, which leaves a draft',
    async (name, changes, ...slip) => {
      const stand = await RolloutStand.of(fixture, `slip-${name}`, 3);
      const path = await stand.draft('spring', changes);
      const obstacle = { code: slip[0], pointer: slip[1] };
      expect((await stand.viewer.get(`${path}/preview`)).body).toMatchObject({ obstacles: [obstacle] });
      const refused = await stand.start(path);
      expect(refused).toMatchObject({ status: 409, body: { obstacles: [obstacle] } });
      expect(refused.body.type).toBe(problem('rollout-matches-nobody'));
      expect((await stand.viewer.get(path)).body).toMatchObject({ state: 'draft', version: 1 });
      expect((await stand.viewer.get(`${path}/assignments`)).body.items).toEqual([]);
      expect((await stand.manager.put(path, aRollout(), { 'if-match': '"1"' })).status).toBe(200);
      expect((await stand.start(path, stand.manager, '"2"')).status).toBe(200);
    },
  );

  test('in one of the names of a list is shown by the preview, and does not hold up the others', async () => {
    const stand = await RolloutStand.of(fixture, 'slip-missing', 3);
    const path = await stand.draft('spring', { target: { devices: ['device-0', 'devcie-1'] } });
    expect((await stand.viewer.get(`${path}/preview`)).body).toMatchObject({
      ...{ devices: 1, missing: ['devcie-1'], obstacles: [] },
    });
    expect((await stand.start(path)).status).toBe(200);
  });

  test('is none where devices join later, and none where the whole canary is left out for a reason', async () => {
    const stand = await RolloutStand.of(fixture, 'slip-none', 3);
    const joining = await stand.draft('joining', { dynamic: true, target: { profiles: ['termometer'] } });
    expect((await stand.start(joining)).status).toBe(200);
    await stand.addDevices(['old'], { lifecycle: 'suspended' });
    const path = await stand.draft('spring', canary({ devices: ['old'] }));
    expect((await stand.viewer.get(`${path}/preview`)).body).toMatchObject({ missing: [], obstacles: [] });
    expect((await stand.start(path)).status).toBe(200);
  });
});

test('the preview of a rollout whose release may not be rolled out says what the start would be refused for', async () => {
  const stand = await RolloutStand.of(fixture, 'preview-revoked', 3);
  const path = await stand.draft('spring');
  await stand.manager.post('/v1/releases/fw-2/revoke', { reason: 'boots twice' });
  const { obstacles } = (await stand.viewer.get(`${path}/preview`)).body;
  expect(obstacles).toMatchObject([{ code: 'release-revoked' }]);
  expect((await stand.start(path)).body).toMatchObject({ type: problem('release-not-rollable'), obstacles });
});

test('a device is found in every rollout that has planned it, with what became of it there, the latest change first', async () => {
  const stand = await RolloutStand.of(fixture, 'one-device', 1);
  const spring = await stand.started('spring', { waves: [everybody] });
  const [offered] = await stand.devicesIn(spring, 'offered', 1);
  await stand.report(offered!, 'failed');
  await stand.started('summer', { waves: [everybody], pause: [] });
  const { body } = await stand.viewer.get('/v1/devices/device-0/assignments');
  expect(body.items).toMatchObject([
    { rollout: 'summer', release: 'fw-2', rolloutState: 'running', device: 'device-0' },
    { rollout: 'spring', release: 'fw-2', state: 'failed', reason: 'reported', action: offered!.action },
  ]);
  expect((await stand.viewer.get('/v1/devices/device-9/assignments')).body.type).toBe(problem('device-not-found'));
});
