import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contentOf } from '../src/features/store-measurements/fingerprint.js';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;
const dayMs = 86_400_000;
const startMs = Math.floor(Date.now() / dayMs) * dayMs - dayMs;
const range = `from=${startMs}&to=${startMs + dayMs}`;
const time = (ts: number): string => new Date(ts).toISOString();

beforeAll(async () => {
  api = await serveQueries();
  const measured = (second: number, values: object) => ({
    ts: startMs + second * 1_000,
    boot: '-b',
    seq: second,
    values,
  });
  const formula = '=HYPERLINK("http://example.org","x")';
  await api.store([
    { body: [measured(0, { a: -1.5, on: true, say: formula })], key: 'acme/-odd', deviceIndex: 1, outOfRange: '0:a' },
    { body: [measured(1, { list: [1, 2], place: { lat: 1, lon: 2 }, say: '' })], key: 'acme/-odd', deviceIndex: 1 },
  ]);
  const series = Array.from({ length: 900 }, (_, second) => measured(second, { n: second }));
  await api.store([{ body: series, key: 'acme/series', deviceIndex: 2 }]);
});
afterAll(() => api.dispose());

describe('CSV of measurements', () => {
  test('has a line per value, with formulas made harmless and every kind told apart', async () => {
    const { status, text, contentType } = await api.csv(`/v1/devices/-odd/measurements?${range}`);
    expect([status, contentType]).toEqual([200, 'text/csv; charset=utf-8; header=present']);
    const [first, second] = [startMs, startMs + 1_000];
    expect(text.split('\r\n')).toEqual([
      'device,time,ts,metric,kind,value',
      `'-odd,${time(first)},${first},a,number,-1.5`,
      `'-odd,${time(first)},${first},on,boolean,true`,
      `'-odd,${time(first)},${first},say,text,"'=HYPERLINK(""http://example.org"",""x"")"`,
      `'-odd,${time(second)},${second},list,array,"[1,2]"`,
      `'-odd,${time(second)},${second},place,position,"{""lat"":1,""lon"":2}"`,
      `'-odd,${time(second)},${second},say,text,""`,
      '',
    ]);
  });

  test('goes to the end, as NDJSON does, or to the limit', async () => {
    const path = `/v1/devices/series/measurements?${range}`;
    const { text } = await api.csv(path);
    const cells = text.split('\r\n').slice(1, -1);
    const lines = await api.lines<{ ts: number; values: { n: number } }>(path);
    expect(cells.map((line) => Number(line.split(',').at(-1)))).toEqual(lines.map(({ values }) => values.n));
    expect(lines).toHaveLength(900);
    expect((await api.csv(`${path}&limit=3`)).text.split('\r\n')).toHaveLength(5);
  });

  test('of nothing is the header alone, and a refusal is a problem', async () => {
    const { text } = await api.csv(`/v1/devices/series/measurements?from=0&to=1000`);
    expect(text).toBe('device,time,ts,metric,kind,value\r\n');
    const refused = await api.csv(`/v1/devices/unknown/measurements`);
    expect([refused.status, refused.contentType]).toEqual([404, 'application/problem+json']);
  });
});

test('CSV of raw measurements shows what is stored', async () => {
  const { text } = await api.csv(`/v1/devices/-odd/measurements/raw?${range}`);
  const [header, first = '', second = ''] = text.split('\r\n');
  expect(header).toBe(
    'device,time,ts,receivedAt,boot,seq,fingerprint,duplicates,deviceIndex,retentionClass,outOfRange,values',
  );
  const { fingerprint } = contentOf('-b', 0, { a: -1.5, on: true, say: '=HYPERLINK("http://example.org","x")' });
  expect(first).toMatch(
    new RegExp(`^'-odd,${time(startMs)},${startMs},\\d+,'-b,0,${fingerprint},0,1,standard,a,"\\{""a"":-1.5,`),
  );
  expect(second).toContain(',0,1,standard,,');
});

test('CSV of aggregates has the functions as columns in the order asked for, and says what is filled', async () => {
  const path = '/v1/aggregates?device=series&metric=n&bucket=5m&functions=p50,count,histogram,stddev&histogramBins=2';
  const asked = `${path}&fill=previous&from=${startMs + 600_000}&to=${startMs + 1_200_000}`;
  const { text } = await api.csv(asked);
  const lines = await api.lines<Record<string, unknown>>(asked);
  expect(text.split('\r\n').slice(0, 3)).toEqual([
    'device,metric,start,end,p50,count,histogram,stddev,filled',
    `series,n,${startMs + 600_000},${startMs + 900_000},749.5,300,"{""edges"":[600,749.5,899],""counts"":[150,150],""below"":0,""above"":0}",${String(lines[0]?.['stddev'])},false`,
    `series,n,${startMs + 900_000},${startMs + 1_200_000},749.5,0,,${String(lines[0]?.['stddev'])},true`,
  ]);
  const plain = await api.csv(`${path}&from=${startMs}&to=${startMs + 300_000}`);
  expect(plain.text.split('\r\n')[0]).toBe('device,metric,start,end,p50,count,histogram,stddev');
});
