import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Logger } from '@myelin/observability';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { ComparedDevices, aPeerRule, everyMs } from './peers-fixture.js';
import { aBatch } from './telemetry-records.js';

let database: DatabaseFixture;
beforeAll(async () => {
  database = await useDatabase({ service: 'alerting', migrations, entities });
});
afterAll(() => database.dispose());

const startMs = 1_795_420_800_000;
const devices = 6;

/** Rounds in which the last device says something else, from the first on; of each, readings and the tick that ends it. */
function tell(compared: ComparedDevices, rounds: number, odd = 99): void {
  compared.tick(startMs + 10_000);
  for (let round = 0; round < rounds; round += 1) {
    const nowMs = startMs + round * everyMs + 10_000;
    for (let device = 0; device < devices; device += 1) {
      const t = device === devices - 1 ? odd : 10 + (device % 2);
      compared.report(device, nowMs, [{ ts: nowMs, values: { t } }]);
    }
    compared.tick(nowMs + everyMs);
  }
}

async function aComparison(rounds: number, logger?: Logger): Promise<ComparedDevices> {
  const compared = new ComparedDevices(database, aPeerRule(), { logger });
  tell(compared, rounds);
  await compared.begin(devices);
  return compared;
}

const raised = [{ device: 'd5', startedMs: startMs + everyMs, raisedMs: startMs + everyMs, clearedMs: null }];
const count = async (table: string, { tenant }: ComparedDevices): Promise<number> => {
  const sql = `SELECT count(*)::integer AS rows FROM ${table} WHERE tenant = $1`;
  const [row] = await database.dataSource.query<{ rows: number }[]>(sql, [tenant]);
  return row?.rows ?? 0;
};

describe('rounds of peers', () => {
  test('are judged once all partitions have passed them, and are no more then', async () => {
    const compared = await aComparison(2);
    await compared.deliver(0, 100);
    await compared.judgeAll();
    expect(await compared.shown()).toEqual([]);
    expect(await count('peer_contribution', compared)).toBe(2);
    await compared.deliver(1, 100);
    await compared.judgeAll();
    expect(await compared.shown()).toEqual(raised);
    expect(await count('peer_contribution', compared)).toBe(0);
    expect(await count('peer_standing', compared)).toBe(1);
  });

  test('are judged by whoever comes, when who contributed is gone, and what is contributed again is not judged again', async () => {
    const compared = await aComparison(3);
    await compared.deliverAll();
    for (const place of [0, 1]) await compared.restart(place);
    await compared.judge();
    for (const place of [0, 1]) await compared.restart(place);
    await compared.judgeAll();
    expect(await compared.shown()).toEqual(raised);
    expect(await count('peer_contribution', compared)).toBe(0);
  });

  test('are judged once by two processes at once', async () => {
    const compared = await aComparison(30);
    await compared.deliverAll();
    for (let nth = 0; nth < 10; nth += 1) await compared.judge(2);
    expect(await compared.shown()).toEqual(raised);
    const sql = `SELECT e.kind FROM alarm_entry e WHERE e.tenant = $1`;
    expect(await database.dataSource.query(sql, [compared.tenant])).toEqual([{ kind: 'raise' }]);
  });

  test('are said nothing of by a member that another one has taken the partition over from', async () => {
    const compared = await aComparison(2);
    const fenced = compared.handlerOf(0);
    await compared.restart(0);
    const attempt = fenced.evaluate(aBatch(compared.logs[0] ?? []));
    await expect(attempt).rejects.toMatchObject({ code: 'evaluation.partition-fenced' });
    expect(await count('peer_progress', compared)).toBe(0);
    expect(await count('peer_contribution', compared)).toBe(0);
  });

  test('are said together with what else was found, or not at all', async () => {
    const compared = await aComparison(1);
    compared.failAlways();
    const attempt = compared.handlerOf(0).evaluate(aBatch(compared.logs[0] ?? []));
    await expect(attempt).rejects.toMatchObject({ code: 'evaluation.not-stored' });
    expect(await count('peer_progress', compared)).toBe(0);
    expect(await count('peer_contribution', compared)).toBe(0);
  });

  test('are forgotten with their rule', async () => {
    const compared = await aComparison(2);
    await compared.deliverAll();
    await compared.judge();
    await database.dataSource.query('UPDATE rule SET version = 2 WHERE tenant = $1', [compared.tenant]);
    await compared.judge();
    for (const table of ['peer_comparison', 'peer_progress', 'peer_contribution', 'peer_standing'])
      expect([table, await count(table, compared)]).toEqual([table, 0]);
  });

  test('that wait for a partition for long are told of once', async () => {
    const lines: string[] = [];
    const note = (level: string) => (of: unknown, message: string) => {
      const { tenant, partitionsHeard } = of as { tenant?: string; partitionsHeard?: number };
      if (tenant === compared.tenant) lines.push(`${level} ${message}: ${partitionsHeard}`);
    };
    const logger = { warn: note('warn'), info: note('info') } as unknown as Logger;
    const compared: ComparedDevices = await aComparison(20, logger);
    await compared.deliver(0, 200);
    await compared.judge();
    await compared.judge();
    expect(lines).toEqual(['warn rounds of peers wait for a partition that nobody evaluates: 1']);
  });
});
