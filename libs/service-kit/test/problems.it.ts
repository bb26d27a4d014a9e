import { gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunningService } from '../src/index.js';
import { type Line, recordedLogger, startSample } from './fixture.js';
import { TestIssuer, audience } from './token-issuer.js';

let issuer: TestIssuer;
let service: RunningService;
let admin: string;
let lines: Line[];

beforeAll(async () => {
  issuer = await TestIssuer.start();
  const recorded = recordedLogger();
  lines = recorded.lines;
  service = await startSample({
    logger: recorded.logger,
    http: { host: '127.0.0.1', port: 0, bodyLimitBytes: 1_000 },
    operatorAuth: { issuer: issuer.url, audience },
    problems: { 'sample.missing': { status: 404 } },
    beforeListen: (app) => {
      const instance = app.getHttpAdapter().getInstance();
      instance.post('/v1/raw', () => {
        throw new Error('secret detail');
      });
    },
  });
  admin = await issuer.token({ roles: ['admin'] });
});
afterAll(async () => {
  await service.close();
  await issuer.stop();
});

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(service.url + path, init);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

const send = (
  body: string | Uint8Array<ArrayBuffer>,
  contentType = 'application/json',
  more: Record<string, string> = {},
) =>
  ask('/v1/things', {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${admin}`, 'content-type': contentType, ...more },
  });

describe('problem documents', () => {
  test.each([
    ['problem', 409, { type: 'urn:myelin:problem:thing-exists', title: 'Conflict', thing: 'a' }],
    ['nest', 404, { type: 'urn:myelin:problem:not-found', detail: 'no such thing' }],
    ['mapped', 404, { type: 'urn:myelin:problem:sample-missing', detail: 'no such sample' }],
    ['id', 400, { type: 'urn:myelin:problem:id-tenant-invalid' }],
    ['retryable', 503, { type: 'urn:myelin:problem:temporarily-unavailable' }],
    ['permanent', 500, { type: 'urn:myelin:problem:internal-error', title: 'Internal Server Error' }],
    ['unknown', 500, { type: 'urn:myelin:problem:internal-error', title: 'Internal Server Error' }],
  ])('a %s error leaves as %d application/problem+json', async (kind, status, expected) => {
    const { status: found, headers, body } = await ask(`/v1/faults/${kind}?token=x`);
    expect(found).toBe(status);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({ ...expected, status, instance: `/v1/faults/${kind}` });
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test('unknown errors are logged with their cause and the request id that the caller got', async () => {
    const { headers } = await ask('/v1/faults/unknown', { headers: { 'x-request-id': 'from-the-caller' } });
    expect(headers.get('x-request-id')).toBe('from-the-caller');
    expect(lines).toContainEqual(
      expect.objectContaining({
        requestId: 'from-the-caller',
        err: expect.objectContaining({ message: 'secret detail' }) as unknown,
      }),
    );
  });

  test('a failure behind a token is logged with tenant, subject and what of the query is no secret', async () => {
    await ask('/v1/things/a/fail?token=x&from=1&to=today', { headers: { authorization: `Bearer ${admin}` } });
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...{ path: '/v1/things/a/fail', query: 'token&from=1&to', tenant: 'acme', subject: 'ada' },
        msg: 'request failed',
      }),
    );
  });

  test('a request id that could do harm is replaced', async () => {
    const { headers } = await ask('/health/live', { headers: { 'x-request-id': 'a b"c' } });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a failing raw route is answered like any other', async () => {
    const { status, body } = await ask('/v1/raw', { method: 'POST' });
    expect({ status, type: body['type'] }).toEqual({ status: 500, type: 'urn:myelin:problem:internal-error' });
  });

  test('503 says when to come again', async () => {
    expect((await ask('/v1/faults/retryable')).headers.get('retry-after')).toBe('1');
  });
});

describe('refused before any controller', () => {
  test.each([
    ['{"name":', 'application/json', 400, 'malformed-json'],
    ['', 'application/json', 400, 'validation-failed'],
    [' ', 'application/json', 400, 'malformed-json'],
    ['{"__proto__":{"admin":true}}', 'application/json', 400, 'malformed-json'],
    [`{"name":"${'x'.repeat(2_000)}"}`, 'application/json', 413, 'body-too-large'],
    ['name=x', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['hello', 'text/plain', 415, 'unsupported-media-type'],
  ])('a body is answered with its own problem type: case %#', async (body, contentType, status, type) => {
    const answer = await send(body, contentType);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status, type: `urn:myelin:problem:${type}` });
  });

  test('a body that is not UTF-8 is malformed, not truncated', async () => {
    const answer = await send(new Uint8Array([...Buffer.from('{"name":"'), 0xff, ...Buffer.from('"}')]));
    const type = 'urn:myelin:problem:malformed-json';
    expect(answer.body).toMatchObject({ status: 400, type, detail: 'the body is not UTF-8' });
  });

  test.each([
    ['nested deeper than whatever looks at it can go', `${'['.repeat(400)}${']'.repeat(400)}`, 'body-too-deep'],
    ['of objects in objects', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, 'body-too-deep'],
  ])('a body %s is refused, not a failure', async (_what, raw, type) => {
    expect((await send(`{"name":"a","counts":${raw}}`)).body).toMatchObject({
      ...{ status: 400, type: `urn:myelin:problem:${type}` },
    });
  });

  test('a compressed body is refused, with what would be taken', async () => {
    const answer = await send(new Uint8Array(gzipSync('{"name":"a"}')), undefined, { 'content-encoding': 'gzip' });
    expect(answer.body).toMatchObject({ status: 415, type: 'urn:myelin:problem:unsupported-media-type' });
    expect(answer.headers.get('accept-encoding')).toBe('identity');
  });

  test('a content type without a body is no fault where no body is taken', async () => {
    const headers = { authorization: `Bearer ${await issuer.token({ roles: ['release-manager'] })}` };
    const json = { ...headers, 'content-type': 'application/json; charset=utf-8' };
    expect(await ask('/v1/things/a/release', { method: 'POST', headers: json })).toMatchObject({
      ...{ status: 201, body: { thing: 'a' } },
    });
  });

  test('an unknown path is 404, a known path with another method 405 with Allow', async () => {
    const unknown = await ask('/v1/nothing?x=1');
    expect(unknown.body).toMatchObject({ status: 404, type: 'urn:myelin:problem:not-found', instance: '/v1/nothing' });
    const wrong = await ask('/v1/things', { method: 'DELETE' });
    expect(wrong.body).toMatchObject({ status: 405, type: 'urn:myelin:problem:method-not-allowed' });
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, POST');
    expect((await ask('/v1/things/a/release', { method: 'PUT' })).headers.get('allow')).toBe('POST');
  });

  test('an invalid percent-encoding is 400', async () => {
    expect((await ask('/v1/faults/%zz')).body).toMatchObject({ type: 'urn:myelin:problem:malformed-url' });
  });

  test('what is not HTTP is 400 and ends the connection', async () => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write('HELLO\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('urn:myelin:problem:malformed-request');
  });

  test('a path parameter of 128 percent-encoded characters arrives', async () => {
    const { status } = await ask(`/v1/faults/${'%3A'.repeat(128)}`);
    expect(status).toBe(500);
  });
});

describe('validation', () => {
  test.each(['[]', '[{"name":"a"}]'])(
    'a body that is no object says so, instead of what is missing in it: %s',
    async (text) => {
      const { body } = await send(text);
      expect(body).toMatchObject({ status: 400, errors: [{ pointer: '', detail: 'must be an object' }] });
    },
  );

  test('each fault has an RFC 6901 pointer; unknown members are faults', async () => {
    const { body } = await send(JSON.stringify({ name: '', positions: [{ lat: 5 }, { lat: 91 }], 'a/b~c': 1 }));
    expect(body).toMatchObject({
      status: 400,
      type: 'urn:myelin:problem:validation-failed',
      title: 'The request is not valid',
      detail: 'the request has 3 faults',
    });
    const errors = body['errors'] as { pointer: string; detail: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/a~1b~0c', '/name', '/positions/1/lat']);
    expect(errors.find(({ pointer }) => pointer === '/positions/1/lat')?.detail).toBe(
      'lat must not be greater than 90',
    );
  });

  test('a rule that looks into a member says where each fault is, with escaped names', async () => {
    const { body } = await send(JSON.stringify({ name: 'a', counts: { even: 2, 'a/b': 1, 'c~': 3 } }));
    expect(body['errors']).toEqual([
      { pointer: '/counts/a~1b/count', detail: 'must be even' },
      { pointer: '/counts/c~0/count', detail: 'must be even' },
    ]);
  });

  test('of many faults the first hundred are told, and all are counted', async () => {
    const counts = Object.fromEntries(Array.from({ length: 101 }, (_, nth) => [nth, 1]));
    const { body } = await send(JSON.stringify({ name: 'a', counts }));
    expect(body['detail']).toBe('the request has 101 faults');
    expect(body['errors']).toHaveLength(100);
  });

  test('a member that is missing is one fault and says so, however many rules it has', async () => {
    expect((await send('{}')).body['errors']).toEqual([{ pointer: '/name', detail: 'name is missing' }]);
  });

  test.each(['null', '5', '"x"', '[1]'])('the body %s is refused, not a failure', async (raw) => {
    expect((await send(raw)).status).toBe(400);
  });

  test('a body that passes arrives as its class', async () => {
    expect((await send('{"name":"pump"}')).body).toEqual({ isClass: true, name: 'pump' });
  });

  test('faults of a query carry the name of the parameter', async () => {
    const { body } = await ask('/v1/things?limit=0', { headers: { authorization: `Bearer ${admin}` } });
    expect(body['errors']).toEqual([{ parameter: 'limit', detail: 'limit must not be less than 1' }]);
  });
});

describe('preconditions', () => {
  const rename = (ifMatch?: string) =>
    ask('/v1/things/a/rename', {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}`, ...(ifMatch !== undefined && { 'if-match': ifMatch }) },
    });

  test.each([
    [undefined, 428, 'precondition-required'],
    ['"6"', 412, 'version-mismatch'],
    ['W/"7"', 412, 'version-mismatch'],
    ['7', 400, 'if-match-malformed'],
  ])('If-Match %s is %d %s', async (ifMatch, status, type) => {
    expect((await rename(ifMatch)).body).toMatchObject({ status, type: `urn:myelin:problem:${type}` });
  });

  test.each(['"7"', '"6", "7"', '*'])('If-Match %s passes', async (ifMatch) => {
    expect((await rename(ifMatch)).status).toBe(201);
  });
});
