import { createHash } from 'node:crypto';
import { createConnection } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@myelin/testing';
import { type GatewayFixture, problemType, report, untilKnown, useGateway } from './gateway-fixture.js';
import type { RegisteredDevice } from './registry-writer.js';
import { recordTelemetry, type TelemetryRecorder } from './telemetry-recorder.js';

let fixture: GatewayFixture;
let recorder: TelemetryRecorder;
let device: RegisteredDevice;
let url: string;

beforeAll(async () => {
  fixture = await useGateway();
  url = fixture.running.url;
  recorder = await recordTelemetry(fixture.kafka.settings);
  device = await fixture.registry.device('sensor:17');
  await untilKnown(url, device);
}, 60_000);
afterAll(async () => {
  await recorder?.close();
  await fixture?.dispose();
}, 60_000);

const measurement = (seq: number, temperature: unknown = 21.5): string =>
  `{ "ts": ${Date.now()}, "boot":"b1",\n "seq":${seq}, "values":{"temperature":${String(temperature)},"door":true} }`;

describe('a report that is taken', () => {
  test('with Basic or Bearer, one or many, plain or gzip: 202, and its bytes are on the topic as they came', async () => {
    const bodies = [measurement(1), `[${measurement(2)} , ${measurement(3)}]`, '{"values":{"temperature":-0.50e1}}'];
    const before = recorder.measurements.length;
    const answers = [
      await report(url, device.basic, bodies[0] as string),
      await report(url, device.bearer, bodies[1] as string, { 'content-type': 'application/json; charset="UTF-8"' }),
      await report(url, device.bearer, gzipSync(bodies[2] as string), { 'content-encoding': 'gzip' }),
    ];
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [202, { accepted: 1 }],
      [202, { accepted: 2 }],
      [202, { accepted: 1 }],
    ]);
    const records = (await recorder.untilMeasurements(before + 3)).slice(before);
    expect(records.map(({ value }) => value?.toString())).toEqual(bodies);
    expect(new Set(records.map(({ key }) => key))).toEqual(new Set(['acme/sensor:17']));
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(1);
  });

  test('in CBOR or SenML, plain, gzip or zstd: 202, and its translation is on the topic as JSON', async () => {
    const before = recorder.measurements.length;
    const ts = Date.now();
    const cbor = Buffer.from('a16676616c756573a16b74656d7065726174757265f94d60', 'hex');
    const senml = `[{"bn":"sensor:17/","bt":${ts / 1_000},"n":"temperature","u":"Cel","v":21.5},{"n":"door","vb":true}]`;
    const senmlCbor = Buffer.from('81a2006b74656d706572617475726502f94d60', 'hex');
    const answers = [
      await report(url, device.bearer, cbor, { 'content-type': 'application/cbor' }),
      await report(url, device.basic, zstdCompressSync(senml), {
        'content-type': 'application/senml+json; charset=utf-8',
        'content-encoding': 'zstd',
      }),
      await report(url, device.bearer, gzipSync(senmlCbor), {
        'content-type': 'application/senml+cbor',
        'content-encoding': 'gzip',
      }),
    ];
    expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(3).fill([202, { accepted: 1 }]));
    const records = (await recorder.untilMeasurements(before + 3)).slice(before);
    expect(records.map(({ value }) => value?.toString())).toEqual([
      '{"values":{"temperature":21.5}}',
      `[{"ts":${ts},"values":{"temperature":21.5,"door":true}}]`,
      '[{"values":{"temperature":21.5}}]',
    ]);
    expect(records.map(({ headers }) => headers['content-type'])).toEqual(Array(3).fill('application/json'));
  });

  test('carries CloudEvents headers, the index, the class and the profile, and the receive time', async () => {
    const before = recorder.measurements.length;
    const sentAtMs = Date.now();
    await report(url, device.basic, measurement(4));
    await report(url, device.basic, measurement(4));
    const [first, second] = (await recorder.untilMeasurements(before + 2)).slice(before);
    expect(first?.headers).toMatchObject({
      ce_specversion: '1.0',
      ce_type: 'io.myelin.telemetry.measurement-reported.v1',
      ce_source: '/gateways/gateway-test',
      'content-type': 'application/json',
      'myelin-device-index': String(device.index),
      'myelin-retention-class': 'standard',
      'myelin-profile': 'thermometer',
    });
    expect(first?.headers).not.toHaveProperty('myelin-out-of-range');
    expect(first?.headers['ce_id']).not.toBe(second?.headers['ce_id']);
    expect(first?.timestampMs).toBeGreaterThanOrEqual(sentAtMs);
    expect(Date.parse(first?.headers['ce_time'] ?? '')).toBe(first?.timestampMs);
  });

  test('with values out of their range is stored and flagged', async () => {
    const before = recorder.measurements.length;
    expect((await report(url, device.basic, `[${measurement(5, 20)},${measurement(6, 900)}]`)).status).toBe(202);
    const [record] = (await recorder.untilMeasurements(before + 1)).slice(before);
    expect(record?.headers['myelin-out-of-range']).toBe('1:temperature');
  });

  test('without the length announced, in chunks', async () => {
    const before = recorder.measurements.length;
    const answer = await fetch(`${url}/v1/telemetry`, {
      method: 'POST',
      headers: { authorization: device.basic, 'content-type': 'application/json' },
      body: new Blob([measurement(7)]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(202);
    await recorder.untilMeasurements(before + 1);
  });
});

interface Bad {
  readonly what: string;
  readonly status: number;
  readonly type: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly authorization?: () => string | undefined;
  readonly pointer?: string;
}

const ago = (ms: number): string => `{"ts":${Date.now() - ms},"values":{"temperature":1}}`;
const many = (count: number): string => `[${Array(count).fill('{"values":{"door":true}}').join()}]`;
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

const bad: Bad[] = [
  { what: 'malformed JSON', body: '{"values":', status: 400, type: 'malformed-json' },
  { what: 'a body cut off in the middle', body: measurement(1).slice(0, -9), status: 400, type: 'malformed-json' },
  { what: 'no body', body: '', status: 400, type: 'malformed-json' },
  { what: 'NaN', body: measurement(1, NaN), status: 400, type: 'malformed-json' },
  {
    what: 'a huge number',
    body: measurement(1, '1e999'),
    status: 400,
    type: 'measurement-invalid',
    pointer: '/values/temperature',
  },
  {
    what: 'a wrong type',
    body: measurement(1, '"warm"'),
    status: 400,
    type: 'value-kind-mismatch',
    pointer: '/values/temperature',
  },
  {
    what: 'a wrong type of time',
    body: '{"ts":"1","values":{"door":true}}',
    status: 400,
    type: 'measurement-invalid',
    pointer: '/ts',
  },
  {
    what: 'an unknown metric',
    body: '{"values":{"pressure":1}}',
    status: 400,
    type: 'unknown-metric',
    pointer: '/values/pressure',
  },
  {
    what: 'an array as value',
    body: '{"values":{"temperature":[1,2]}}',
    status: 400,
    type: 'value-kind-mismatch',
    pointer: '/values/temperature',
  },
  { what: 'deep nesting', body: '['.repeat(5_000), status: 400, type: 'body-too-deep' },
  { what: 'a member twice', body: '{"values":{"door":true,"door":false}}', status: 400, type: 'duplicate-member' },
  { what: 'invalid UTF-8', body: Buffer.from([0x7b, 0xff, 0x7d]), status: 400, type: 'body-not-utf8' },
  { what: 'too old', body: ago(91 * 86_400_000), status: 400, type: 'ts-too-old', pointer: '/ts' },
  { what: 'too far ahead', body: ago(-900_000), status: 400, type: 'ts-too-far-ahead', pointer: '/ts' },
  {
    what: 'the second of a batch',
    body: `[${ago(0)},{"values":{}}]`,
    status: 400,
    type: 'measurement-invalid',
    pointer: '/1/values',
  },
  { what: '5,000 measurements', body: many(5_000), status: 413, type: 'too-many-measurements', pointer: '/1000' },
  { what: '10 MB', body: Buffer.alloc(10_000_000, 0x20), status: 413, type: 'body-too-large' },
  { what: 'one byte over 512 KiB', body: Buffer.alloc(524_289, 0x20), status: 413, type: 'body-too-large' },
  {
    what: 'a gzip bomb',
    body: gzipSync(Buffer.alloc(100_000_000)),
    headers: { 'content-encoding': 'gzip' },
    status: 413,
    type: 'body-inflates-too-much',
  },
  {
    what: 'gzip that is none',
    body: '{}',
    headers: { 'content-encoding': 'gzip' },
    status: 400,
    type: 'malformed-gzip',
  },
  {
    what: 'another encoding',
    body: '{}',
    headers: { 'content-encoding': 'br' },
    status: 415,
    type: 'content-encoding-not-supported',
  },
  {
    what: 'a wrong content type',
    body: '{}',
    headers: { 'content-type': 'text/plain' },
    status: 415,
    type: 'unsupported-media-type',
  },
  {
    what: 'another charset',
    body: '{}',
    headers: { 'content-type': 'application/json; charset=latin1' },
    status: 415,
    type: 'unsupported-media-type',
  },
  {
    what: 'CBOR that is cut off',
    body: Buffer.from('a16676616c7565', 'hex'),
    headers: { 'content-type': 'application/cbor' },
    status: 400,
    type: 'malformed-cbor',
    pointer: '',
  },
  {
    what: 'a value of SenML of a kind that is none',
    body: '[{"n":"door","vb":true},{"n":"temperature","vd":"aGkgCg"}]',
    headers: { 'content-type': 'application/senml+json' },
    status: 400,
    type: 'bytes-not-supported',
    pointer: '/1/vd',
  },
  {
    what: 'a unit that is not that of the profile',
    body: '[{"n":"temperature","u":"K","v":294}]',
    headers: { 'content-type': 'application/senml+json' },
    status: 400,
    type: 'unit-mismatch',
    pointer: '/0/u',
  },
  {
    what: 'a zstd bomb',
    body: zstdCompressSync(Buffer.alloc(100_000_000)),
    headers: { 'content-encoding': 'zstd' },
    status: 413,
    type: 'body-inflates-too-much',
  },
  {
    what: 'two codings',
    body: '{}',
    headers: { 'content-encoding': 'gzip, zstd' },
    status: 415,
    type: 'content-encoding-not-supported',
  },
  { what: 'no credentials', authorization: () => undefined, status: 401, type: 'unauthenticated' },
  {
    what: 'an unknown device',
    authorization: () => basic(`acme/nobody:${device.secret}`),
    status: 401,
    type: 'unauthenticated',
  },
  {
    what: 'a wrong secret',
    authorization: () => `Bearer ${device.credentialId}.wrong`,
    status: 401,
    type: 'unauthenticated',
  },
  {
    what: 'a wrong tenant',
    authorization: () => basic(`other/sensor%3A17:${device.secret}`),
    status: 401,
    type: 'unauthenticated',
  },
  {
    what: 'an operator token',
    authorization: () => 'Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln',
    status: 401,
    type: 'unauthenticated',
  },
];

describe('a report that is refused', () => {
  test.each(bad)('$what: $status $type, nothing is written', async ({ status, type, pointer, headers, ...given }) => {
    const { counters } = fixture.running.gateway;
    const [refusedBefore, acceptedBefore] = [counters.refusedByType.get(type) ?? 0, counters.acceptedReports];
    const authorization = given.authorization === undefined ? device.basic : given.authorization();
    const answer = await report(url, authorization, given.body ?? measurement(1), headers);
    expect([answer.status, problemType(answer)]).toEqual([status, type]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    const errors = answer.body['errors'] as { pointer: string; detail: string }[] | undefined;
    expect(errors?.[0]?.pointer).toBe(pointer);
    expect(counters.refusedByType.get(type)).toBe(refusedBefore + 1);
    expect(counters.acceptedReports).toBe(acceptedBefore);
    await expectNothingNew();
  });

  /** A report that is taken afterwards is the next one on the topic: nothing was written in between. */
  async function expectNothingNew(): Promise<void> {
    const mark = `{"values":{"temperature":${Math.random()}}}`;
    const before = recorder.measurements.length;
    expect((await report(url, device.basic, mark)).status).toBe(202);
    const next = (await recorder.untilMeasurements(before + 1))[before];
    expect(next?.value?.toString()).toBe(mark);
  }

  test('for its media type or its coding tells what may be sent instead', async () => {
    const type = await report(url, device.basic, '{}', { 'content-type': 'text/plain' });
    expect(type.headers['accept']).toBe(
      'application/json, application/cbor, application/senml+json, application/senml+cbor',
    );
    const coding = await report(url, device.basic, '{}', { 'content-encoding': 'br' });
    expect(coding.headers['accept-encoding']).toBe('gzip, zstd, identity');
  });

  test('a body without content type, and a wrong method', async () => {
    const untyped = await fetch(`${url}/v1/telemetry`, {
      method: 'POST',
      headers: { authorization: device.basic },
      body: Buffer.from('{"values":{"door":true}}'),
    });
    expect(untyped.status).toBe(415);
    const got = await fetch(`${url}/v1/telemetry`, { headers: { authorization: device.basic } });
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('all failed authentications look the same from outside, whatever the reason', async () => {
    const expired = await fixture.registry.device('expired', { notAfter: '2026-01-02T00:00:00.000Z' });
    const early = await fixture.registry.device('early', { notBefore: '2099-01-01T00:00:00.000Z' });
    const { counters } = fixture.running.gateway;

    const arrived = async (): Promise<boolean> => {
      await report(url, expired.basic, '{}');
      await report(url, early.basic, '{}');
      return counters.unauthenticatedByReason.has('expired') && counters.unauthenticatedByReason.has('not-yet-valid');
    };
    await waitFor(arrived, { what: 'both devices to be known' });
    const wrong = `Bearer ${device.credentialId}.${createHash('sha256').update('x').digest('base64url')}`;
    const answers = [];
    for (const authorization of [expired.basic, early.bearer, wrong, basic('acme/nobody:x'), 'Basic !', undefined]) {
      const { status, body, headers } = await report(url, authorization, '{}');
      answers.push(JSON.stringify([status, body, headers['www-authenticate']]));
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('Basic realm');
  });

  test('a body that breaks off with its connection changes nothing, and the gateway goes on', async () => {
    const { counters } = fixture.running.gateway;
    const before = counters.refusedByType.get('body-truncated') ?? 0;
    const { hostname, port } = new URL(url);
    const socket = createConnection(Number(port), hostname);
    const head = `POST /v1/telemetry HTTP/1.1\r\nHost: x\r\nAuthorization: ${device.basic}\r\n`;
    socket.write(`${head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"values":`, () =>
      socket.destroy(),
    );

    await waitFor(() => counters.refusedByType.get('body-truncated') === before + 1, { what: 'the broken body' });
    await expectNothingNew();
  });
});
