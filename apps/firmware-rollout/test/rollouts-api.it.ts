import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rolloutChangedV1 } from '@myelin/contracts';
import { eventProbe } from '@myelin/testing';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';
import { RolloutStand, aRollout } from './rollouts-fixture.js';

let fixture: FirmwareFixture;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms' });
}, 120_000);
afterAll(() => fixture.dispose());

const problem = (slug: string): string => `urn:myelin:problem:${slug}`;
const because = { reason: 'a good reason' };

describe('a draft', () => {
  test('is put under preconditions, read as it was put, listed, and deleted', async () => {
    const { manager, viewer } = await RolloutStand.of(fixture, 'drafts', 0);
    const path = '/v1/rollouts/spring';
    const everything = aRollout({
      target: { devices: ['a'], profiles: ['thermometer'], sites: ['berlin'], labels: { line: ['4'] } },
      ...{ dynamic: true, weight: 7, startApproval: 'second-person' },
      mode: { kind: 'time-forced', forcedFrom: '2026-12-24T18:00:00.000Z' },
      waves: [
        { kind: 'selector', selector: { labels: { ring: ['canary'] } } },
        { kind: 'count', count: 5 },
      ],
      advance: [
        { kind: 'success-share', atLeast: 0.95 },
        { kind: 'soak-time', ms: 3_600_000 },
        { kind: 'approval', by: 'second-person' },
        { kind: 'windows', weekly: [{ fromMinute: 0, toMinute: 300 }], timeZone: 'Europe/Berlin' },
        { kind: 'calm-gateways' },
        { kind: 'judged', by: 'telemetry' },
      ],
      pause: [{ kind: 'failure-share', above: 0.1, minimumFailures: 3, confidence: 0.9 }],
      speed: { kind: 'growing', perMinute: 10, factor: 2, everySuccesses: 100, maxPerMinute: 500 },
      windows: { weekly: [{ fromMinute: 60, toMinute: 240 }] },
    });
    expect((await manager.put(path, everything, { 'if-match': '"1"' })).status).toBe(412);
    const created = await manager.put(path, everything, { 'if-none-match': '*' });
    expect(created).toMatchObject({ status: 201, etag: '"1"', body: { state: 'draft', ...everything } });
    expect(await manager.put(path, everything)).toMatchObject({ status: 200, etag: '"1"' });
    expect((await manager.put(path, aRollout())).body.type).toBe(problem('precondition-required'));
    expect(await manager.put(path, aRollout(), { 'if-match': '"1"' })).toMatchObject({ status: 200, etag: '"2"' });
    expect((await manager.put(path, everything, { 'if-match': '"1"' })).status).toBe(412);
    const defaults = { dynamic: false, weight: 1_000, progress: [], waitsFor: [] };
    expect((await viewer.get(path)).body).toMatchObject({ version: 2, ...aRollout(), ...defaults });
    await manager.put('/v1/rollouts/summer', aRollout());
    const page = await viewer.get('/v1/rollouts?limit=1&state=draft');
    expect(page.body.items).toMatchObject([{ rollout: 'spring' }]);
    const next = await viewer.get(`/v1/rollouts?limit=1&cursor=${page.body.nextCursor}`);
    expect(next.body).toMatchObject({ items: [{ rollout: 'summer' }] });
    expect((await viewer.get('/v1/rollouts?state=running')).body.items).toEqual([]);
    expect((await viewer.get(`${path}/history`)).body.items).toMatchObject([{ version: 2, kind: 'change' }]);
    expect((await manager.delete(path)).status).toBe(428);
    expect((await manager.delete(path, { 'if-match': '"2"' })).status).toBe(204);
    expect((await viewer.get(path)).body.type).toBe(problem('rollout-not-found'));
    expect((await manager.put(path, everything)).etag).toBe('"4"');
  });

  const faults: readonly (readonly [string, object])[] = [
    ['/release', { release: 'no such' }],
    ['/release', { release: 'fw-3' }],
    ['/target/profiles/1', { target: { profiles: ['thermometer', ''] } }],
    ['/target/tags', { target: { tags: ['a'] } }],
    ['/target/labels/line', { target: { labels: { line: '4' } } }],
    ['/waves', { waves: [] }],
    ['/waves', { waves: [{ kind: 'percent', percent: 99 }] }],
    ['/waves/0/kind', { waves: [{ kind: 'lottery' }] }],
    ['/waves/1', { waves: [{ kind: 'count', count: 1 }, { kind: 'count', count: 0.5 }] }], // prettier-ignore
    ['/waves/0/selector/devices', { waves: [{ kind: 'selector', selector: { devices: [] } }] }],
    ['/mode/forcedFrom', { mode: { kind: 'time-forced' } }],
    ['/mode/forcedFrom', { mode: { kind: 'forced', forcedFrom: '2026-12-24T18:00:00Z' } }],
    ['/mode/forcedFrom', { mode: { kind: 'time-forced', forcedFrom: '2026-02-30T18:00:00Z' } }],
    ['/weight', { weight: 1_001 }],
    ['/dynamic', { dynamic: 'yes' }],
    ['/advance/0/atLeast', { advance: [{ kind: 'success-share', atLeast: 95 }] }],
    [
      '/advance/0/timeZone',
      { advance: [{ kind: 'windows', weekly: [{ fromMinute: 0, toMinute: 1 }], timeZone: 'Moon' }] },
    ],
    ['/pause/0/minimumFailures', { pause: [{ kind: 'failure-share', above: 0.1 }] }],
    ['/speed/perMinute', { speed: { kind: 'constant', perMinute: 0 } }],
    ['/timeoutMs', { timeoutMs: 1 }],
    ['/timeoutMs', { timeoutMs: '1h' }],
    ['/startApproval', { startApproval: 'nobody' }],
    ['/windows/weekly/0/toMinute', { windows: { weekly: [{ fromMinute: 0, toMinute: 10_080 }] } }],
    ['/priority', { priority: 1 }],
  ];

  test('with a fault is refused at its place, and changes nothing', async () => {
    const { manager, viewer } = await RolloutStand.of(fixture, 'faults', 0);
    for (const [pointer, changes] of faults) {
      const { status, body } = await manager.put('/v1/rollouts/wrong', aRollout(changes));
      expect({ changes, status, errors: body['errors'] }).toMatchObject({
        ...{ changes, status: 400, errors: [{ pointer }] },
      });
    }
    expect((await viewer.get('/v1/rollouts')).body.items).toEqual([]);
  });

  test('is one of a thousand rollouts that are not over, at most', async () => {
    const stand = await RolloutStand.of(fixture, 'many', 0);
    const path = await stand.draft('spring');
    await fixture.database.dataSource.query(
      `INSERT INTO rollout (tenant, rollout, id, version, state, definition, weight, created_at, created_by, waits_for)
       SELECT tenant, 'copy-' || nth, gen_random_uuid(), 1, 'draft', definition, weight, created_at, created_by, waits_for
       FROM rollout, generate_series(2, 1000) nth WHERE tenant = 'many'`,
    );
    const refused = await stand.manager.put('/v1/rollouts/summer', aRollout());
    expect(refused).toMatchObject({ status: 409, body: { type: problem('rollout-limit'), maximum: 1_000 } });
    expect((await stand.manager.post(`${path}/abort`, because)).body).toMatchObject({ state: 'aborted' });
    expect((await stand.manager.put('/v1/rollouts/summer', aRollout())).status).toBe(201);
  });
});

describe('a rollout', () => {
  test('is previewed exactly as it is planned, with those left out by reason, and goes through its waves to succeeded', async () => {
    const stand = await RolloutStand.of(fixture, 'whole', 10);
    await stand.addDevices(['camera-1', 'camera-2'], { profile: 'camera' });
    await stand.addDevices(['old'], { lifecycle: 'retired' });
    const path = await stand.draft('spring');
    const preview = (await stand.viewer.get(`${path}/preview`)).body;
    expect(preview).toMatchObject({ devices: 10, waves: [{ devices: 2 }, { devices: 8 }] });
    const skipped = [
      { reason: 'lifecycle', devices: 1 },
      { reason: 'wrong-profile', devices: 2 },
    ];
    expect(preview['skipped']).toEqual(skipped);
    expect((await stand.viewer.get(`${path}/preview`)).body).toEqual(preview);
    const started = await stand.start(path);
    expect(started).toMatchObject({ status: 200, etag: '"2"', body: { state: 'running' } });
    for (const { wave, first } of preview['waves'] as readonly { wave: number; first: string[] }[]) {
      const planned = await stand.viewer.get(`${path}/assignments?wave=${wave}`);
      const inWave = planned.body.items.filter(({ state }) => state !== 'skipped');
      expect(inWave.map(({ device }) => device)).toEqual([...first].sort());
    }
    expect((await stand.wavesOf(path))[1]?.counts.filter(({ state }) => state === 'skipped')).toEqual(
      skipped.map((each) => ({ state: 'skipped', ...each })),
    );
    for (const each of await stand.devicesIn(path, 'offered', 2)) await stand.report(each, 'succeeded');
    const [first, ...others] = await stand.devicesIn(path, 'offered', 8);
    if (first === undefined) throw new Error('nobody was offered anything');
    for (const kind of ['downloading', 'proceeding', 'succeeded'] as const) await stand.report(first, kind);
    for (const each of others) await stand.report(each, 'succeeded');
    await stand.reaches(path, 'succeeded');
    expect(await stand.wavesOf(path)).toMatchObject([
      { state: 'done', devices: 2, counts: [{ state: 'succeeded', devices: 2 }] },
      { state: 'done', devices: 8, counts: [...skipped, { state: 'succeeded', devices: 8 }] },
    ]);
    const one = await stand.viewer.get(`${path}/assignments/${first.device}`);
    const kinds = (one.body['history'] as readonly { kind: string }[]).map(({ kind }) => kind);
    expect(kinds).toEqual(['report', 'report', 'report', 'offer']);
    const page = await stand.viewer.get(`${path}/history?limit=2`);
    expect(page.body.items).toMatchObject([{ kind: 'succeed', to: 'succeeded' }, { kind: 'complete-wave' }]);
    const rest = await stand.viewer.get(`${path}/history?cursor=${page.body.nextCursor}`);
    expect(rest.body.items.at(-1)).toMatchObject({ version: 2, kind: 'start', actor: 'operator:test-operator' });
    expect((await stand.manager.post(`${path}/pause`, because)).body.type).toBe(problem('rollout-over'));
    const retried = await stand.manager.post(`${path}/assignments/camera-1/retry`, undefined);
    expect(retried).toMatchObject({ status: 409, body: { type: problem('rollout-over') } });
  }, 120_000);

  test('of two operators at once one changes the draft, and one start is enough', async () => {
    const stand = await RolloutStand.of(fixture, 'two-operators', 1);
    const [ada, bob] = [await stand.person('ada', 'release-manager'), await stand.person('bob', 'release-manager')];
    const path = await stand.draft('spring');
    const puts = await Promise.all(
      [ada, bob].map((who, nth) => who.put(path, aRollout({ weight: nth }), { 'if-match': '"1"' })),
    );
    expect(puts.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(await stand.start(path, ada)).toMatchObject({ status: 412, etag: '"2"' });
    expect((await ada.post(`${path}/start`, undefined)).status).toBe(428);
    const starts = await Promise.all([ada, bob].map((who) => stand.start(path, who, '"2"')));
    expect(starts.map(({ status }) => status)).toEqual([200, 200]);
    const history = (await stand.viewer.get(`${path}/history`)).body.items;
    expect(history.filter(({ kind }) => kind === 'start')).toHaveLength(1);
    const late = await ada.put(path, aRollout(), { 'if-match': '*' });
    expect(late).toMatchObject({ status: 409, body: { type: problem('rollout-not-draft') } });
    expect((await ada.delete(path, { 'if-match': '*' })).status).toBe(409);
    expect((await ada.get(`${path}/preview`)).status).toBe(409);
  });

  test('is paused and resumed a hundred times, each once however often it is asked for', async () => {
    const stand = await RolloutStand.of(fixture, 'hundred', 5);
    const path = await stand.started('spring', {
      target: { devices: ['device-1'] },
      waves: [{ kind: 'count', count: 1 }],
    });
    await stand.devicesIn(path, 'offered', 1);
    const { version } = (await stand.viewer.get(path)).body as unknown as { version: number };
    for (let round = 0; round < 100; round += 1) {
      const pauses = [because, because].map((body) => stand.manager.post(`${path}/pause`, body));
      for (const { status } of await Promise.all(pauses)) expect(status).toBe(200);
      const resumed = await stand.manager.post(`${path}/resume`, undefined);
      expect(resumed).toMatchObject({ status: 200, body: { state: 'running' } });
    }
    expect((await stand.viewer.get(path)).body).toMatchObject({ state: 'running', version: version + 200 });
    const [only] = await stand.devicesIn(path, 'offered', 1);
    await stand.report(only ?? { device: '', action: 0 }, 'succeeded');
    await stand.reaches(path, 'succeeded');
  }, 120_000);

  test('that was paused for failures is resumed in spite of them, and another turn is given to whoever failed', async () => {
    const stand = await RolloutStand.of(fixture, 'failures', 10);
    const path = await stand.started('spring');
    const [failing, other] = await stand.devicesIn(path, 'offered', 2);
    if (failing === undefined || other === undefined) throw new Error('nobody was offered anything');
    await stand.report(failing, 'failed');
    await stand.reaches(path, 'paused');
    expect((await stand.viewer.get(path)).body).toMatchObject({ paused: { reason: 'failures' } });
    const advanced = await stand.manager.post(`${path}/waves/0/advance`, undefined);
    expect(advanced).toMatchObject({ status: 409, body: { type: problem('rollout-paused') } });
    const stale = await stand.manager.post(`${path}/resume`, undefined, { 'if-match': '"1"' });
    expect(stale.body.type).toBe(problem('version-mismatch'));
    expect((await stand.manager.post(`${path}/resume`, undefined)).status).toBe(200);
    const assignment = `${path}/assignments/${failing.device}`;
    const retried = await stand.manager.post(`${assignment}/retry`, undefined);
    expect(retried).toMatchObject({ status: 200, body: { attempt: 2 } });
    expect((await stand.manager.post(`${assignment}/retry`, undefined)).body.type).toBe(
      problem('assignment-not-closed'),
    );
    for (const each of await stand.devicesIn(path, 'offered', 2)) await stand.report(each, 'succeeded');
    await stand.devicesIn(path, 'offered', 8);
  }, 120_000);

  test('leaves out, cancels and gives up whom an operator names', async () => {
    const stand = await RolloutStand.of(fixture, 'by-hand', 10);
    const path = await stand.started('spring');
    const [offered] = await stand.devicesIn(path, 'offered', 2);
    const [planned, another] = await stand.devicesIn(path, 'planned', 8);
    const post = (of: typeof offered, action: string) =>
      stand.manager.post(`${path}/assignments/${of?.device}/${action}`, undefined);
    expect((await post(offered, 'skip')).body.type).toBe(problem('assignment-already-offered'));
    expect((await post(offered, 'cancel')).body).toMatchObject({ state: 'cancelling', reason: 'operator' });
    expect((await post(planned, 'skip')).body).toMatchObject({ state: 'skipped', reason: 'operator' });
    expect((await post(planned, 'skip')).status).toBe(200);
    expect((await post(another, 'cancel')).body).toMatchObject({ state: 'cancelled', reason: 'operator' });
    expect((await post({ device: 'nobody', action: 0 }, 'skip')).body.type).toBe(problem('assignment-not-found'));
    const counts = (await stand.wavesOf(path)).flatMap((wave) => wave.counts.map((each) => ({ ...each })));
    expect(counts).toContainEqual({ state: 'cancelling', reason: 'operator', devices: 1 });
    expect(counts.reduce((sum, { devices }) => sum + devices, 0)).toBe(10);
  });

  test('waits for a second person where it says so, and for an approved wave', async () => {
    const stand = await RolloutStand.of(fixture, 'second-person', 2);
    const [ada, bob] = [await stand.person('ada', 'release-manager'), await stand.person('bob', 'release-manager')];
    const path = await stand.draft('spring', {
      ...{ startApproval: 'second-person', waves: [{ kind: 'percent', percent: 100 }] },
      advance: [{ kind: 'approval', by: 'second-person' }],
    });
    expect((await ada.post(`${path}/approve`, undefined)).body.type).toBe(problem('rollout-not-started'));
    expect((await stand.start(path, ada)).body).toMatchObject({ state: 'waiting-for-approval' });
    expect((await ada.post(`${path}/approve`, undefined)).body.type).toBe(problem('rollout-own-approval'));
    expect((await bob.post(`${path}/approve`, undefined)).body).toMatchObject({ approvedBy: 'operator:bob' });
    for (const each of await stand.devicesIn(path, 'offered', 2)) await stand.report(each, 'succeeded');
    expect((await ada.post(`${path}/waves/0/approve`, undefined)).body.type).toBe(problem('rollout-own-approval'));
    expect((await bob.post(`${path}/waves/9/approve`, undefined)).body.type).toBe(problem('rollout-no-such-wave'));
    expect((await bob.post(`${path}/waves/0/approve`, undefined)).status).toBe(200);
    await stand.reaches(path, 'succeeded');
  }, 120_000);

  test('is aborted with a reason, which is told, and so is a draft', async () => {
    const stand = await RolloutStand.of(fixture, 'aborts', 5);
    const probe = await eventProbe(fixture.kafka.settings, rolloutChangedV1);
    try {
      const path = await stand.started('spring');
      await stand.devicesIn(path, 'offered', 1);
      expect((await stand.manager.post(`${path}/abort`, {})).body).toMatchObject({ errors: [{ pointer: '/reason' }] });
      const aborted = await stand.manager.post(`${path}/abort`, because);
      expect(aborted).toMatchObject({ status: 200, body: { state: 'aborting', abortCause: 'abort' } });
      expect((await stand.manager.post(`${path}/abort`, because)).status).toBe(200);
      await stand.devicesIn(path, 'cancelling', 1);
      expect((await stand.manager.post(`${path}/resume`, undefined)).body.type).toBe(problem('rollout-aborting'));
      const draft = await stand.draft('summer');
      expect((await stand.manager.post(`${draft}/abort`, because)).body).toMatchObject({ state: 'aborted' });
      const isAbort = (payload: (typeof rolloutChangedV1)['example'] | null): boolean =>
        payload?.tenant === stand.tenant && payload.rollout === 'spring' && payload.kind === 'abort';
      const told = await probe.next(({ payload }) => isAbort(payload), 60_000);
      expect(told.payload).toMatchObject({ reason: 'abort', detail: because.reason, to: 'aborting' });
    } finally {
      await probe.close();
    }
  }, 120_000);

  test('whose release is revoked is aborted by itself, and no other one starts with it', async () => {
    const stand = await RolloutStand.of(fixture, 'revoked', 5);
    const path = await stand.started('spring');
    await stand.devicesIn(path, 'offered', 1);
    expect((await stand.manager.post('/v1/releases/fw-2/revoke', because)).status).toBe(200);
    await stand.devicesIn(path, 'cancelling', 1);
    expect((await stand.viewer.get(path)).body).toMatchObject({ state: 'aborting', abortCause: 'release-revoked' });
    const refused = await stand.start(await stand.draft('summer'));
    expect(refused).toMatchObject({ status: 409, body: { type: problem('release-not-rollable') } });
    expect(refused.body['obstacles']).toMatchObject([{ code: 'release-revoked' }]);
    expect((await stand.viewer.get('/v1/rollouts/summer')).body).toMatchObject({ state: 'draft', version: 1 });
  }, 120_000);

  test('is seen by its tenant only, and moved by release managers only', async () => {
    const stand = await RolloutStand.of(fixture, 'own', 1);
    const path = await stand.started('spring');
    const stranger = await fixture.as('stranger');
    const gets = ['', '/history', '/preview', '/assignments', '/assignments/device-0'];
    for (const each of gets)
      expect((await stranger.get(`${path}${each}`)).body.type).toBe(problem('rollout-not-found'));
    for (const each of ['start', 'approve', 'pause', 'resume', 'abort', 'waves/0/approve', 'waves/0/advance']) {
      const body = ['pause', 'abort'].includes(each) ? because : undefined;
      expect((await stranger.post(`${path}/${each}`, body, { 'if-match': '*' })).status).toBe(404);
      expect((await stand.viewer.post(`${path}/${each}`, body, { 'if-match': '*' })).status).toBe(403);
    }
    for (const each of ['cancel', 'skip', 'retry']) {
      expect((await stranger.post(`${path}/assignments/device-0/${each}`, undefined)).status).toBe(404);
      expect((await stand.viewer.post(`${path}/assignments/device-0/${each}`, undefined)).status).toBe(403);
    }
    expect((await stranger.delete(path, { 'if-match': '*' })).status).toBe(404);
    expect((await stand.viewer.put(path, aRollout())).status).toBe(403);
    expect((await stand.viewer.get(path)).body).toMatchObject({ state: 'running' });
  });
});
