import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TenantId } from '@myelin/kernel';
import { pageBytes } from '../src/http/pages.js';
import { DeviceRepository } from '../src/persistence/device.repository.js';
import { MeasurementRepository, heldBytes } from '../src/persistence/measurement.repository.js';
import { QueryPool } from '../src/persistence/query-pool.js';
import { queryPool } from './query-pool.fixture.js';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;
const dayMs = 86_400_000;
const startMs = Math.floor(Date.now() / dayMs) * dayMs - dayMs;
const range = `from=${startMs}&to=${startMs + dayMs}`;
/** Like a report of the greatest size that the gateway takes: half a megabyte of JSON, a few kilobytes as they are stored. */
const largeValues = Object.fromEntries(
  Array.from({ length: 17 }, (_, array) => [`w${array}`, new Array<number>(4_096).fill(12.345)]),
);
const largeRows = 20;

interface Page {
  readonly items: readonly { readonly ts: number; readonly seq?: number }[];
  readonly nextCursor?: string;
}

beforeAll(async () => {
  api = await serveQueries();
  const measured = (seq: number, values: object) => ({ ts: startMs + seq * 1_000, boot: 'b', seq, values });
  const large = Array.from({ length: largeRows }, (_, seq) => measured(seq, largeValues));
  await api.store([{ body: large, key: 'acme/large', deviceIndex: 1 }]);
  // Small rows, large ones, small ones again: sizes change within a page.
  const mixed = Array.from({ length: 600 }, (_, seq) => measured(seq, { n: seq, even: seq % 2 === 0 }));
  await api.store([{ body: mixed, key: 'acme/mixed', deviceIndex: 2 }]);
  const between = Array.from({ length: 12 }, (_, n) => measured(300 + n, largeValues));
  await api.store([{ body: between, key: 'acme/mixed', deviceIndex: 2 }]);
  const digits = Object.fromEntries(
    Array.from({ length: 5 }, (_, array) => [`d${array}`, new Array<number>(4_096).fill(1e308)]),
  );
  await api.store([{ body: [0, 1, 2].map((seq) => measured(seq, digits)), key: 'acme/digits', deviceIndex: 3 }]);
}, 120_000);
afterAll(() => api.dispose());

/** Bytes of JSON that every statement of a query brought. */
async function bytesPerStatement(
  device: string,
  metrics?: readonly string[],
): Promise<{ bytes: number[]; seqs: number[] }> {
  const bytes: number[] = [];
  class WatchedPool extends QueryPool {
    override async read<Row>(tenant: TenantId, sql: string, parameters: unknown[]): Promise<Row[]> {
      const rows = await super.read<Row>(tenant, sql, parameters);
      const texts = rows.map((row) => (row as { json?: string | null }).json ?? '');
      bytes.push(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
      return rows;
    }
  }
  const { dataSource } = api.database;
  const [scope] = (await new DeviceRepository(queryPool(dataSource)).scopes('acme' as TenantId, [device])).values();
  if (scope === undefined) throw new Error(`nothing of ${device} is stored`);
  const pool = new WatchedPool(dataSource, { lanes: 1, lanesPerKey: 1, waitingPerKey: 1, patienceMs: 60_000 });
  const asked = { fromMs: startMs, toMs: startMs + dayMs, pageRows: 2_000, ...(metrics && { metrics }) };
  const seqs: number[] = [];
  for await (const { seq = -1 } of new MeasurementRepository(pool).rows(scope, asked)) seqs.push(seq);
  return { bytes, seqs };
}

async function pages(path: string): Promise<{ sizes: number[]; items: Page['items'] }> {
  const sizes: number[] = [];
  const items: Page['items'][number][] = [];
  let cursor = '';
  do {
    const { body } = await api.get<Page>(`${path}${cursor}`);
    sizes.push(Buffer.byteLength(JSON.stringify(body)));
    items.push(...body.items);
    cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
  } while (cursor !== '');
  return { sizes, items };
}

describe('rows that a query holds at a time', () => {
  /** A row of these may be this long; the one that reaches the bound is held, too. */
  const longestBytes = 700_000;

  test.each([undefined, ['w3']])('are some megabytes, however large each is (metrics: %p)', async (metrics) => {
    const { bytes, seqs } = await bytesPerStatement('large', metrics);
    expect(seqs).toEqual(Array.from({ length: largeRows }, (_, seq) => seq));
    expect(Math.max(...bytes)).toBeLessThan(heldBytes + longestBytes);
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(2 * heldBytes);
  });

  test('stay so where small rows become large ones; each comes once, in order', async () => {
    const { bytes, seqs } = await bytesPerStatement('mixed');
    const expected = [
      ...Array.from({ length: 600 }, (_, seq) => seq),
      ...Array.from({ length: 12 }, (_, n) => 300 + n),
    ];
    expect(seqs).toEqual(expected.sort((left, right) => left - right));
    expect(Math.max(...bytes)).toBeLessThan(heldBytes + longestBytes);
  });

  test('stay so when numbers have more digits told than stored', async () => {
    const { bytes, seqs } = await bytesPerStatement('digits');
    expect(seqs).toEqual([0, 1, 2]);
    expect(bytes.filter((one) => one > 0)).toHaveLength(3);
  });

  test('of small rows are a page in one statement', async () => {
    const { bytes } = await bytesPerStatement('mixed', ['n']);
    expect(bytes.filter((one) => one > 0).length).toBeLessThan(5);
  });
});

describe('answers', () => {
  test.each(['measurements/raw', 'measurements'])(
    'a JSON page of %s ends with what fills it, and goes on',
    async (part) => {
      const { sizes, items } = await pages(`/v1/devices/large/${part}?${range}&limit=10000`);
      expect(items.map(({ ts }) => (ts - startMs) / 1_000)).toEqual(Array.from({ length: largeRows }, (_, seq) => seq));
      expect(sizes.length).toBeGreaterThan(1);
      expect(Math.max(...sizes)).toBeLessThan(pageBytes + 700_000);
    },
  );

  test('NDJSON and CSV hold every row, whole', async () => {
    const lines = await api.lines<{ seq: number; values: object }>(`/v1/devices/large/measurements/raw?${range}`);
    expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: largeRows }, (_, seq) => seq));
    expect(lines.at(-1)?.values).toEqual(largeValues);
    const { text } = await api.csv(`/v1/devices/large/measurements?${range}&metric=w3`);
    expect(text.split('\r\n')).toHaveLength(largeRows + 2);
  });

  test('windows of large rows are all there', async () => {
    const { items } = await pages(`/v1/devices/large/windows?metric=w3&${range}&limit=10000`);
    expect(items).toHaveLength(largeRows);
  });

  test('latest values are refused when they are more than an answer may be', async () => {
    expect((await api.get('/v1/devices/large/latest')).status).toBe(200);
    const sets = Array.from({ length: 3 }, (_, set) => {
      const arrays = Array.from({ length: 5 }, (__, array) => [
        `d${array}_${set}`,
        new Array<number>(4_096).fill(1e308),
      ]);
      return { ts: startMs + set, boot: 'b', seq: set, values: Object.fromEntries(arrays) as object };
    });
    await api.store([{ body: sets, key: 'acme/many-sets', deviceIndex: 4 }]);
    const { status, body } = await api.get<{ type: string }>('/v1/devices/many-sets/latest');
    expect([status, body.type]).toEqual([422, 'urn:myelin:problem:answer-too-large']);
  });
});
