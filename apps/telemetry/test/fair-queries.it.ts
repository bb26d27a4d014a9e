import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@myelin/testing';
import { type ClientRequest, type IncomingMessage, get } from 'node:http';
import type { Pool } from 'pg';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;
const dayMs = 86_400_000;
const startMs = Math.floor(Date.now() / dayMs) * dayMs - dayMs;
const range = `from=${startMs}&to=${startMs + dayMs}`;
const queryLimits = { connections: 3, connectionsPerTenant: 2, openPerTenant: 6, patienceMs: 5_000 };
const open: ClientRequest[] = [];

beforeAll(async () => {
  api = await serveQueries({ queryLimits });
  const wide = Object.fromEntries(
    Array.from({ length: 17 }, (_, array) => [`w${array}`, new Array<number>(4_096).fill(1.5)]),
  );
  const rows = (count: number) =>
    Array.from({ length: count }, (_, seq) => ({ ts: startMs + seq, boot: 'b', seq, values: wide }));
  // More than the sockets between take.
  await api.store([{ body: rows(24), key: 'greedy/motor', deviceIndex: 1 }]);
  await api.store([{ body: rows(1), key: 'modest/motor', deviceIndex: 2 }]);
  await api.store([{ body: rows(1), key: 'third/motor', deviceIndex: 3 }]);
}, 120_000);
afterEach(() => {
  for (const request of open.splice(0)) request.destroy();
});
afterAll(() => api.dispose());

interface Begun {
  readonly answer: IncomingMessage;
  rest(): Promise<string>;
}

/** An answer of which nothing is read before it is asked for. */
async function begin(path: string, tenant: string, accept = 'application/x-ndjson'): Promise<Begun> {
  const token = await api.issuer.token({ tenant, roles: ['viewer'] });
  const headers = { authorization: `Bearer ${token}`, accept };
  return new Promise((resolve, reject) => {
    const request = get(api.service.url + path, { headers, agent: false }, (answer) => {
      const rest = async (): Promise<string> => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        return Buffer.concat(chunks).toString();
      };
      resolve({ answer, rest });
    });
    open.push(request);
    request.on('error', reject);
  });
}

const raw = `/v1/devices/motor/measurements/raw?${range}`;
const connections = (): Pool => (api.reader.driver as unknown as { readonly master: Pool }).master;
const taken = (): number => connections().totalCount - connections().idleCount;

async function waitingForLatest(): Promise<number> {
  const [row] = await api.database.dataSource.query<[{ waiting: number }]>(
    `SELECT count(*)::integer AS waiting FROM pg_locks WHERE relation = 'latest'::regclass AND NOT granted`,
  );
  return row.waiting;
}

/** Takes connections as a statement does that goes on and on, and gives them back. */
async function busy<T>(count: number, work: () => Promise<T>): Promise<T> {
  const owner = api.database.dataSource.createQueryRunner();
  await owner.connect();
  await owner.query('BEGIN');
  await owner.query('LOCK TABLE latest IN ACCESS EXCLUSIVE MODE');
  const asking = Array.from({ length: count }, (_, one) =>
    api.get('/v1/devices/motor/latest', { tenant: one < queryLimits.connectionsPerTenant ? 'greedy' : 'third' }),
  );
  try {
    await waitFor(async () => (await waitingForLatest()) === count, {
      what: 'the statements to wait',
      timeoutMs: 30_000,
    });
    return await work();
  } finally {
    await owner.query('ROLLBACK');
    await owner.release();
    await Promise.all(asking);
  }
}

describe('an answer that nobody reads', () => {
  test('holds no connection, and is told to its end when somebody does', async () => {
    const streams = [await begin(raw, 'greedy'), await begin(raw, 'greedy'), await begin(raw, 'greedy')];
    await waitFor(() => taken() === 0, { what: 'all connections to rest', timeoutMs: 30_000 });
    const { status } = await api.get('/v1/devices/motor/latest', { tenant: 'modest' });
    expect(status).toBe(200);
    for (const stream of streams) expect((await stream.rest()).split('\n')).toHaveLength(25);
  });

  test('is one of those that a tenant may have open; one more is refused, for this tenant alone, until one ends', async () => {
    const streams: Begun[] = [];
    for (let count = 0; count < queryLimits.openPerTenant; count++) streams.push(await begin(raw, 'greedy'));
    const refused = await begin('/v1/devices/motor/latest', 'greedy', 'application/json');
    expect([refused.answer.statusCode, refused.answer.headers['retry-after']]).toEqual([429, '1']);
    expect(JSON.parse(await refused.rest())).toMatchObject({ type: 'urn:myelin:problem:too-many-queries' });
    expect((await api.get('/v1/devices/motor/latest', { tenant: 'modest' })).status).toBe(200);
    open[0]?.destroy();
    await waitFor(async () => (await api.get('/v1/devices/motor/latest', { tenant: 'greedy' })).status === 200, {
      what: 'an answer',
      timeoutMs: 30_000,
    });
  });

  test('does not count any more once it was read or left', async () => {
    for (let count = 0; count < 3 * queryLimits.openPerTenant; count++) {
      const { status } = await api.get('/v1/devices/motor/latest', { tenant: 'modest' });
      expect(status).toBe(200);
    }
  });
});

describe('connections', () => {
  test('are never all of one tenant: another one is answered meanwhile, and its own next query is refused with 429', async () => {
    await busy(queryLimits.connectionsPerTenant, async () => {
      const own = api.get<{ type: string }>('/v1/statistics', { tenant: 'greedy' });
      expect((await api.get('/v1/statistics', { tenant: 'modest' })).status).toBe(200);
      const { status, body } = await own;
      expect([status, body.type]).toEqual([429, 'urn:myelin:problem:too-many-queries']);
      expect(taken()).toBe(queryLimits.connectionsPerTenant);
    });
  });

  test('that others have all are a 503 that says so', async () => {
    await busy(queryLimits.connections, async () => {
      const refused = await begin('/v1/statistics', 'modest', 'application/json');
      expect([refused.answer.statusCode, refused.answer.headers['retry-after']]).toEqual([503, '1']);
      expect(JSON.parse(await refused.rest())).toMatchObject({
        type: 'urn:myelin:problem:query-connections-busy',
        detail: 'all 3 connections for queries were in use for 5000 ms',
      });
    });
    expect((await api.get('/v1/statistics', { tenant: 'modest' })).status).toBe(200);
  });
});
