import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '@myelin/testing';
import { type AlertingFixture, aRuleBody, startFixture } from './alerting-fixture.js';

let fixture: AlertingFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture();
  api = await fixture.as('acme');
}, 120_000);
afterAll(() => fixture.dispose());

const startMs = Date.parse('2026-11-26T08:00:00Z');
const at = (second: number, temperature: number) => ({ ts: startMs + second * 1_000, values: { temperature } });
const run = (body: object) => api.post('/v1/rules/dry-run', body);

describe('a dry run', () => {
  test('raises and clears what the rule would, and keeps nothing', async () => {
    const definition = aRuleBody({ forMs: 10_000, clear: { hysteresis: 5 } });
    const readings = [at(0, 85), at(10, 90), at(20, 78), at(30, 74), at(40, 99)];
    const answer = await run({ definition, readings });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toEqual({
      transitions: [
        { kind: 'raised', startMs, atMs: startMs + 10_000 },
        { kind: 'cleared', startMs, atMs: startMs + 30_000 },
      ],
      arrivals: { taken: 5, late: 0, duplicate: 0 },
    });
    expect((await api.get('/v1/rules')).body.items).toEqual([]);
  });

  test('puts readings into the order of event time within the lateness, the last ones as well, and counts what is late', async () => {
    const definition = aRuleBody({ latenessMs: 20_000 });
    const readings = [at(30, 70), at(20, 90), at(20, 90), at(5, 95), at(35, 91)];
    expect((await run({ definition, readings })).body).toEqual({
      transitions: [
        { kind: 'raised', startMs: startMs + 20_000, atMs: startMs + 20_000 },
        { kind: 'cleared', startMs: startMs + 20_000, atMs: startMs + 30_000 },
        { kind: 'raised', startMs: startMs + 35_000, atMs: startMs + 35_000 },
      ],
      arrivals: { taken: 3, late: 1, duplicate: 1 },
    });
  });

  test('takes limits from the metadata that it is given, or else their defaults', async () => {
    const definition = aRuleBody({
      when: { metric: 'temperature', op: '>', value: { from: 'site', path: '/limits/max', default: 50 } },
    });
    const countOf = async (metadata: object): Promise<number> =>
      ((await run({ definition, readings: [at(0, 60)], metadata })).body['transitions'] as unknown[]).length;
    expect(await countOf({})).toBe(1);
    expect(await countOf({ site: { limits: { max: 70 } } })).toBe(0);
    expect(await countOf({ device: { limits: { max: 70 } } })).toBe(1);
  });

  test('goes by the schedule of the rule in the time zone of the device', async () => {
    const definition = aRuleBody({ schedule: { intervals: [{ times: [{ startTime: '09:00', endTime: '09:01' }] }] } });
    const readings = [at(0, 90), at(30, 91), at(60, 92)];
    expect((await run({ definition, readings })).body['transitions']).toEqual([]);
    expect((await run({ definition, readings, timeZone: 'Europe/Berlin' })).body['transitions']).toEqual([
      { kind: 'raised', startMs, atMs: startMs },
      { kind: 'cleared', startMs, atMs: startMs + 60_000, reason: 'schedule-ended' },
    ]);
  });

  test('of a rule about data quality takes hours for readings', async () => {
    const definition = aRuleBody({ when: { metric: '$quality.lateShare', op: '>', value: 0.5 } });
    const hour = (nth: number, share: unknown) => ({
      ts: startMs + nth * 3_600_000,
      values: { '$quality.lateShare': share },
    });
    expect((await run({ definition, readings: [hour(1, 0.1), hour(2, 0.9)] })).body['transitions']).toEqual([
      { kind: 'raised', startMs: startMs + 7_200_000, atMs: startMs + 7_200_000 },
    ]);
    const wrong = await run({ definition, readings: [hour(1, 'most'), at(0, 1)] });
    expect(wrong.body['errors']).toEqual([
      { pointer: '/readings/0/values/$quality.lateShare', detail: 'must be a number' },
      expect.objectContaining({ pointer: '/readings/1/values/temperature' }),
    ]);
  });

  test('of a rule that compares devices says how many there are, and takes no readings of one', async () => {
    const definition = aRuleBody({ when: { metric: 't', op: 'anomaly', model: { type: 'peer-group' } } });
    expect((await run({ definition })).body).toEqual({
      transitions: [],
      arrivals: { taken: 0, late: 0, duplicate: 0 },
      peers: { concerned: 0, notCompared: 0 },
    });
    const refused = await run({ definition, readings: [at(0, 1)] });
    expect(refused.body['errors']).toEqual([
      { pointer: '/readings', detail: 'are of one device, which the rule compares with others' },
    ]);
  });

  test('without readings only says that nothing is wrong with the rule', async () => {
    expect((await run({ definition: aRuleBody() })).body).toMatchObject({ transitions: [], arrivals: { taken: 0 } });
  });

  test.each<[object, string[]]>([
    [{}, ['/definition']],
    [
      { definition: { severity: 'bad', when: {} } },
      ['/definition/when/metric', '/definition/when/op', '/definition/severity'],
    ],
    [{ definition: aRuleBody(), readings: [{ values: { t: 1 } }] }, ['/readings/0/ts']],
    [
      { definition: aRuleBody(), readings: [at(0, 1), { ts: 1, values: { t: null } }, 7, [at(0, 1)]] },
      ['/readings/1/values/t', '/readings/2', '/readings/3'],
    ],
    [{ definition: aRuleBody(), readings: Array(1_001).fill(at(0, 1)) }, ['/readings']],
    [
      { definition: aRuleBody(), timeZone: 'Mars/Olympus', metadata: { tenant: {} } },
      ['/metadata/tenant', '/timeZone'],
    ],
  ])('of %j is refused with every place', async (body, pointers) => {
    const refused = await run(body);
    expect(refused.status).toBe(400);
    const errors = refused.body['errors'] as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
  });
});
