import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceCredentialsV1, deviceStateV1 } from '@myelin/contracts';
import { eventProbe, waitFor } from '@myelin/testing';
import type { ApiClient } from './api-client.js';
import { sendLines as send } from './import-client.js';
import { type RegistryFixture, aProfileBody, startFixture } from './registry-fixture.js';

let fixture: RegistryFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture();
  api = await fixture.tenant('acme');
  await api.put('/v1/profiles/p', aProfileBody());
  await api.put('/v1/sites/s', { timeZone: 'Asia/Tokyo' });
});
afterAll(() => fixture.dispose());

const line = (body: object): string => `${JSON.stringify(body)}\n`;

describe('an import', () => {
  test('answers each line in its place: created, unchanged, refused with the reason', async () => {
    await api.post('/v1/devices', { device: 'known', profile: 'p', labels: { b: '2', a: '1' } });
    const { results, summary } = await send(api, [
      line({ device: 'i-1', profile: 'p', site: 's', labels: { a: '1' }, metadata: { maker: 'Bosch' } }),
      line({ device: 'known', profile: 'p', labels: { a: '1', b: '2' } }),
      line({ device: 'known', profile: 'p' }),
      '{"device":\n',
      '\n',
      '[1]\n',
      line({ device: 'a/b', profile: 'p' }),
      line({ device: 'i-2', profile: 'nothing' }),
      line({ device: 'i-2', profile: 'p', site: 'nowhere' }),
      line({ device: 'i-2', profile: 'p', colour: 'red' }),
      line({ device: 'i-2', profile: 'p', metadata: { a: 'x'.repeat(17_000) } }),
      line({ device: 'i-3', profile: 'p' }),
      line({ device: 'i-3', profile: 'p' }),
      line({ device: 'i-3', profile: 'p', labels: { other: 'content' } }),
      line({ device: 'i-5', profile: 'p', metadata: { constructor: { name: 'x' } } }),
      '{"constructor":{"name":"ImportLine"},"device":"i-5","profile":"p"}\n',
      '{"__proto__":{"device":"i-5"},"profile":"p"}\n',
      JSON.stringify({ device: 'i-4', profile: 'p' }),
    ]);
    expect(summary).toEqual({ done: true, created: 3, unchanged: 2, refused: 12 });
    expect(
      results.map(({ line: number, status, problem }) => [number, status, problem?.type.split(':').at(-1)]),
    ).toEqual([
      [1, 'created', undefined],
      [2, 'unchanged', undefined],
      [3, 'refused', 'device-differs'],
      [4, 'refused', 'line-malformed'],
      [6, 'refused', 'line-malformed'],
      [7, 'refused', 'validation-failed'],
      [8, 'refused', 'profile-unknown'],
      [9, 'refused', 'site-unknown'],
      [10, 'refused', 'validation-failed'],
      [11, 'refused', 'line-too-long'],
      [12, 'created', undefined],
      [13, 'unchanged', undefined],
      [14, 'refused', 'device-differs'],
      [15, 'refused', 'validation-failed'],
      [16, 'refused', 'line-malformed'],
      [17, 'refused', 'line-malformed'],
      [18, 'created', undefined],
    ]);
    expect((await api.get('/v1/devices/i-1')).body).toMatchObject({
      ...{ timeZone: 'Asia/Tokyo', labels: { a: '1' }, metadata: { maker: 'Bosch' }, lifecycle: 'created' },
    });
  });

  test('issues a credential where asked for, once, and publishes device and hash', async () => {
    await using states = await eventProbe(fixture.kafka.settings, deviceStateV1);
    await using sets = await eventProbe(fixture.kafka.settings, deviceCredentialsV1);
    const lines = [line({ device: 'c:1', profile: 'p', credential: true })];
    const { results } = await send(api, lines);
    const credential = results[0]?.credential;
    expect(credential?.basic.username).toBe('acme/c%3A1');
    expect(credential?.bearer).toBe(`${credential?.credentialId ?? ''}.${credential?.secret ?? ''}`);
    const state = await states.next(({ key }) => key === 'acme/c:1');
    expect(state.payload).toMatchObject({ lifecycle: 'active', version: 3 });
    const set = await sets.next(({ key }) => key === 'acme/c:1');
    expect(set.payload).toMatchObject({ version: 1, credentials: [{ id: credential?.credentialId }] });
    const again = await send(api, lines);
    expect(again.results).toEqual([{ line: 1, device: 'c:1', status: 'unchanged' }]);
  });

  test('of a deleted device goes on above its old versions', async () => {
    await send(api, [line({ device: 'back', profile: 'p' })]);
    const retired = await api.post(
      '/v1/devices/back/transitions',
      { to: 'retired', reason: 'x' },
      { 'if-match': '"1"' },
    );
    await api.delete('/v1/devices/back', { 'if-match': retired.etag });
    await send(api, [line({ device: 'back', profile: 'p', credential: true })]);
    expect((await api.get('/v1/devices/back')).etag).toBe('"6"');
  });

  test('stops creating at the limit of the tenant and goes on answering', async () => {
    const limits = { maxDevices: 2, messagesPerSecond: 1, messagesPerSecondPerDevice: 1 };
    const small = await fixture.tenant('small', { limits });
    await small.put('/v1/profiles/p', aProfileBody());
    const { results } = await send(
      small,
      ['a', 'b', 'c', 'a'].map((device) => line({ device, profile: 'p' })),
    );
    expect(results.map(({ status }) => status)).toEqual(['created', 'created', 'refused', 'unchanged']);
    expect(results[2]?.problem?.type).toBe('urn:myelin:problem:device-limit');
  });

  test('of the same lines at once creates each device once', async () => {
    const lines = Array.from({ length: 1_500 }, (_, n) => line({ device: `twin-${n}`, profile: 'p' }));
    const outcomes = await Promise.all([send(api, lines), send(api, [...lines].reverse()), send(api, lines)]);
    expect(outcomes.map(({ summary }) => summary.created).reduce((a, b) => a + b)).toBe(1_500);
    expect(outcomes.map(({ summary }) => summary.refused)).toEqual([0, 0, 0]);
  });

  test('says of a line what is missing in it', async () => {
    const { results } = await send(api, ['{}\n']);
    expect(results[0]?.problem).toMatchObject({
      errors: [
        { pointer: '/device', detail: 'device is missing' },
        { pointer: '/profile', detail: 'profile is missing' },
      ],
    });
  });

  test('is refused as a whole when it is no NDJSON or compressed', async () => {
    expect((await api.post('/v1/device-imports', {})).status).toBe(415);
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    expect((await api.post('/v1/device-imports', 'x', headers)).status).toBe(415);
    expect((await send(api, [])).summary).toEqual({ done: true, created: 0, unchanged: 0, refused: 0 });
  });

  test('serves plain fetch, which hands the whole body over at once, with a long answer', async () => {
    const answer = await api.post('/v1/device-imports', '[]\n'.repeat(20_000), {
      'content-type': 'application/x-ndjson',
    });
    const lines = answer.text.trimEnd().split('\n');
    expect(lines).toHaveLength(20_001);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ done: true, created: 0, unchanged: 0, refused: 20_000 });
  });

  test('ends at its limits with the reason, and keeps what came before', async () => {
    const lines = [line({ device: 'first', profile: 'p' }), '[]\n'.repeat(100_000)];
    const { results, summary } = await send(api, lines);
    expect(results).toHaveLength(100_000);
    const problem = { status: 413, type: 'urn:myelin:problem:import-too-large', line: 100_001, limit: 'maxLines' };
    expect(summary).toMatchObject({ done: false, created: 1, refused: 99_999, problem });
    const long = [
      line({ device: 'second', profile: 'p' }),
      ...Array.from({ length: 65 }, () => Buffer.alloc(1_048_576, 'x')),
    ];
    const cut = await send(api, long);
    expect(cut.summary).toMatchObject({ done: false, problem: { status: 413, limit: 'maxBytes' } });
    expect((await api.get('/v1/devices/second')).status).toBe(200);
  });

  test('that is broken off keeps what it has answered, and the service goes on', async () => {
    const headers = { authorization: `Bearer ${api.token ?? ''}`, 'content-type': 'application/x-ndjson' };
    const outgoing = request(`${api.url}/v1/device-imports`, { method: 'POST', headers });
    outgoing.on('error', () => undefined);
    for (let n = 0; n < 1_000; n++) outgoing.write(line({ device: `cut-${n}`, profile: 'p' }));
    const count = async () => (await api.get('/v1/devices?limit=1000&profile=p&label=!none')).body.items;
    await waitFor(async () => (await count()).some(({ device }) => device.startsWith('cut-')), {
      what: 'a first chunk',
    });
    outgoing.destroy();
    expect((await send(api, [line({ device: 'after', profile: 'p' })])).summary.created).toBe(1);
  });
});
