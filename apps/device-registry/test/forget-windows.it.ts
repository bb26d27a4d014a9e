import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLogger } from '@myelin/observability';
import type { Operator } from '@myelin/service-kit';
import { type DatabaseFixture, ManualClock, useDatabase } from '@myelin/testing';
import { forgetWindows, windowsAtOnce } from '../src/features/housekeeping/forget-windows.js';
import { createWindow, removeWindow } from '../src/features/manage-maintenance-windows/maintenance-windows.handler.js';
import { createTenant } from '../src/features/manage-tenants/tenants.handler.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { Registry } from '../src/registry.js';
import { aTenantBody, aWindowBody } from './registry-fixture.js';

const hour = 3_600_000;
const week = 7 * 24 * hour;
const clock = new ManualClock();
const operator = { subject: 'alice', tenant: 'acme', roles: ['admin'] } as unknown as Operator;
let database: DatabaseFixture;
let registry: Registry;
beforeAll(async () => {
  database = await useDatabase({ service: 'device-registry', migrations, entities });
  registry = new Registry(database.dataSource, clock, silentLogger);
  await createTenant(registry, operator, aTenantBody('acme'));
});
beforeEach(() => database.dataSource.query('DELETE FROM outbox'));
afterAll(() => database.dispose());

const rows = async <Row>(sql: string): Promise<Row[]> => (await database.dataSource.query(sql)) as Row[];

async function windowsLeft(): Promise<string[]> {
  const left = await rows<{ id: string }>('SELECT window_id AS id FROM maintenance_window ORDER BY 1');
  return left.map(({ id }) => id);
}

/** Key, version and whether it is a tombstone, of what was published of windows; and how much of anything else. */
async function published(): Promise<{ windows: unknown[]; others: number }> {
  const events = await rows<{ topic: string; key: string; version: string; gone: boolean }>(`
    SELECT topic, convert_from(key, 'UTF8') AS key, headers ->> 'myelin-version' AS version, value IS NULL AS gone
    FROM outbox ORDER BY seq`);
  const own = events.filter(({ topic }) => topic === 'myelin.registry.maintenance-window-state.v1');
  const windows = own.map(({ key, version, gone }) => [key, version, gone]);
  return { windows, others: events.length - own.length };
}

async function create(window: string, changes: object = {}): Promise<void> {
  await createWindow(registry, operator, aWindowBody(window, changes, clock.nowMs()));
}

describe('maintenance windows that are over', () => {
  test('are forgotten after a week with a tombstone, and not before; the id goes on above it', async () => {
    await create('forgotten', { until: new Date(clock.nowMs() + 2 * hour).toISOString() });
    await create('later', { until: new Date(clock.nowMs() + 2 * hour + 2).toISOString() });
    await create('ended', { from: new Date(clock.nowMs() - hour).toISOString() });
    clock.advance(1);
    await removeWindow(registry, operator, { window: 'ended', ifMatch: '"1"' });
    await create('running', { until: new Date(clock.nowMs() + 4 * week).toISOString() });
    clock.advance(week - 1);
    await database.dataSource.query('DELETE FROM outbox');

    expect(await forgetWindows(registry)).toBe(false);
    expect(await published()).toEqual({ windows: [], others: 0 });
    clock.advance(1);
    await forgetWindows(registry);
    expect(await published()).toEqual({ windows: [['acme/ended', '3', true]], others: 0 });
    clock.advance(2 * hour - 1);
    await forgetWindows(registry);
    expect(await windowsLeft()).toEqual(['later', 'running']);
    expect((await published()).windows).toEqual([
      ['acme/ended', '3', true],
      ['acme/forgotten', '2', true],
    ]);
    await create('ended');
    expect((await published()).windows.at(-1)).toEqual(['acme/ended', '4', false]);
    await database.dataSource.query('DELETE FROM maintenance_window');
  });

  test('are forgotten once each and in bounded lots, also by several processes at once', async () => {
    const count = 2 * windowsAtOnce + 1;
    await database.dataSource.query(
      `INSERT INTO maintenance_window (tenant, window_id, scope, starts_at, ends_at, reason, actor, version, updated_at)
       SELECT 'acme', 'w-' || n, '{}', $1, $1, 'works', 'operator:a', 1, $1 FROM generate_series(1, $2::integer) AS n`,
      [new Date(clock.nowMs() - week), count],
    );
    expect(await forgetWindows(registry)).toBe(true);
    expect((await published()).windows).toHaveLength(windowsAtOnce);
    await Promise.all([forgetWindows(registry), forgetWindows(registry), forgetWindows(registry)]);
    while (await forgetWindows(registry));
    expect(await windowsLeft()).toEqual([]);
    const { windows, others } = await published();
    expect(others).toBe(0);
    const expected = Array.from({ length: count }, (_, n) => [`acme/w-${n + 1}`, '2', true]);
    const byKey = (events: unknown[]): string[] => events.map((event) => JSON.stringify(event)).sort();
    expect(byKey(windows)).toEqual(byKey(expected));
  });
});
