import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;

beforeAll(async () => {
  api = await serveQueries();
  const values = { n: 1, on: true, say: 'x', list: [1, 2], place: { lat: 1, lon: 2 } };
  await api.store([{ body: [{ ts: Date.now() - 60_000, boot: 'b', seq: 1, values }], key: 'acme/a', deviceIndex: 1 }]);
});
afterAll(() => api.dispose());

const isNone = (metric: string): string => `the device has no value of ${metric} that is kept`;
const isOf = (metric: string, kind: string, kinds: string): string =>
  `the latest value of ${metric} is of kind ${kind}; what is asked for is made of ${kinds}`;
const [states, numbers] = ['number, boolean, text', 'number, boolean'];

test.each([
  ['/v1/devices/a/states?metric=list', isOf('list', 'array', states)],
  ['/v1/devices/a/states?metric=place&summary=true', isOf('place', 'position', states)],
  ['/v1/devices/a/states?metric=other', isNone('other')],
  ['/v1/devices/a/states?metric=say&from=0&to=1', undefined],
  ['/v1/devices/a/states?metric=say', undefined],
  ['/v1/devices/a/windows?metric=n', isOf('n', 'number', 'array')],
  ['/v1/devices/a/windows?metric=list', undefined],
  ['/v1/aggregates?device=a&metric=say', isOf('say', 'text', numbers)],
  ['/v1/aggregates?device=a&metric=on', undefined],
  ['/v1/aggregates?device=a&metric=other', isNone('other')],
  ['/v1/aggregates?device=b&metric=n', 'no measurement of a device b has arrived'],
  ['/v1/aggregates?device=b,a&metric=say', undefined],
])('an answer to %s that is empty for its metric says so: %s', async (path, hint) => {
  const { status, body } = await api.get<{ hint?: string }>(path);
  expect([status, body.hint]).toEqual([200, hint]);
});
