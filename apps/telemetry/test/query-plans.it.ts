import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock, type TenantId } from '@myelin/kernel';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import { Client } from 'pg';
import { aggregateFunctions } from '../src/domain/aggregate-functions.js';
import { dayMs, dayName, dayOf } from '../src/domain/retention.js';
import { KeepRetentionHandler } from '../src/features/keep-retention/keep-retention.handler.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { discardSql, rowsToDecideSql } from '../src/persistence/discard.writer.js';
import { entities } from '../src/persistence/entities.js';
import { dueDevicesSql, undecidedHoursSql } from '../src/persistence/filter-hours.repository.js';
import { latestSql } from '../src/persistence/latest.repository.js';
import { pageSql, weighedPageSql } from '../src/persistence/measurement.repository.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { histogramsSql, percentilesSql, seriesParameters } from '../src/persistence/order-statistics.repository.js';
import { lastStateSql, stateChangesSql } from '../src/persistence/state.repository.js';
import { tiledStatement } from '../src/persistence/tiled-aggregates.js';
import { addCopiesSql } from '../src/persistence/measurement.writer.js';
import { watchStatements } from './watched-statements.fixture.js';
import { batchOf, fixtureTopic, reportRecord } from './records.fixture.js';

let database: DatabaseFixture;
const today = dayOf(Date.now());

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

async function plan(sql: string, parameters: unknown[]): Promise<PlanNode[]> {
  const [row] = await database.dataSource.query<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(
    `EXPLAIN (FORMAT JSON) ${sql}`,
    parameters,
  );
  const flat = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)];
  return flat(row['QUERY PLAN'][0].Plan);
}

const scans = (nodes: readonly PlanNode[]): PlanNode[] =>
  nodes.filter((node) => node['Relation Name']?.startsWith('measurement') === true);
const leaf = (day: number): string => `measurement_standard_${dayName(day).replaceAll('-', '')}`;

beforeAll(async () => {
  database = await useDatabase({ service: 'telemetry', migrations, entities });
  await new KeepRetentionHandler(database.dataSource, systemClock).run();
  const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
  await writer.load(fixtureTopic, [0]);
  const reports = Array.from({ length: 200 }, (_, device) => {
    const body = Array.from({ length: 60 }, (_, seq) => ({
      ts: (today - 5 + (seq % 6)) * dayMs + seq,
      boot: 'b',
      seq,
      values: { t: seq },
    }));
    return reportRecord({ offset: device, body, deviceIndex: device, key: `acme/device-${device}` });
  });
  await writer.store(batchOf(reports));
  // As many devices as make a scan of the whole table a bad plan.
  await database.dataSource.query(
    `INSERT INTO device (index, tenant, device, classes) SELECT i, 'acme', 'idle-' || i, 2 FROM generate_series(1000, 21000) i`,
  );
  await database.dataSource.query(
    `INSERT INTO latest SELECT i, gen_random_uuid(), now(), 1, gen_random_uuid(), 1, '{"t": 1}' FROM generate_series(1000, 21000) i`,
  );
  await database.dataSource.query(
    `INSERT INTO hour_to_filter SELECT i, 500000 + h, now() + h * interval '1 hour'
     FROM generate_series(1000, 6000) i, generate_series(0, 3) h`,
  );
  const owner = new Client({ connectionString: database.ownerUrl, options: `-c search_path=${database.schema}` });
  await owner.connect();
  await owner.query('ANALYZE measurement');
  await owner.query('ANALYZE device');
  await owner.query('ANALYZE latest');
  await owner.query('ANALYZE hour_to_filter');
  await owner.end();
});
afterAll(() => database.dispose());

const oneDay = { fromMs: (today - 2) * dayMs, toMs: (today - 1) * dayMs };
const scope = { tenant: 'acme' as TenantId, device: 'device-7', indexes: [7], classes: 0b010 };

describe('queries touch the partitions of their range and class alone, by the primary key', () => {
  test.each([
    ['a page of measurements', pageSql, []],
    ['a page of large measurements', weighedPageSql, [4_000_000, 1_000_000]],
  ])('%s', async (_, sql, bounds) => {
    const parameters = [
      7,
      [1],
      new Date(oneDay.fromMs),
      new Date(oneDay.toMs),
      '00000000-0000-0000-0000-000000000000',
      null,
      'acme',
      1_000,
    ];
    const nodes = await plan(sql, [...parameters, ...bounds]);
    expect(scans(nodes).map((node) => node['Relation Name'])).toEqual([leaf(today - 2)]);
    expect(scans(nodes)[0]?.['Index Cond']).toMatch(/device_index = .*ts >= .*ts < /);
    expect(nodes.map((node) => node['Node Type'])).not.toContain('Sort');
  });

  test('a page over two days reads them one after the other, unsorted', async () => {
    const parameters = [
      7,
      [1],
      new Date(oneDay.fromMs),
      new Date(oneDay.toMs + dayMs),
      '00000000-0000-0000-0000-000000000000',
      null,
      'acme',
      1_000,
    ];
    const nodes = await plan(pageSql, parameters);
    expect(scans(nodes).map((node) => node['Relation Name'])).toEqual([leaf(today - 2), leaf(today - 1)]);
    expect(scans(nodes).every((node) => node['Index Cond'] !== undefined)).toBe(true);
    expect(nodes.map((node) => node['Node Type'])).not.toContain('Sort');
  });

  test('aggregates of several devices', async () => {
    const other = { ...scope, device: 'device-8', indexes: [8] };
    const request = { scopes: [scope, other], metrics: ['t', 'h'], startsMs: [oneDay.fromMs], ...oneDay };
    const rows = [scope, other].map(({ indexes: [index = 0] }, device) => ({ index, device, ...oneDay }));
    const tiles = { rows, minute: [], hour: [], day: [] };
    const statement = tiledStatement(tiles, { ...request, functions: aggregateFunctions });
    const nodes = scans(await plan(statement?.sql ?? '', statement?.parameters ?? []));
    expect(nodes.length).toBeGreaterThan(0);
    expect(new Set(nodes.map((node) => node['Relation Name']))).toEqual(new Set([leaf(today - 2)]));
    expect(nodes.every((node) => node['Node Type'] !== 'Seq Scan')).toBe(true);
  });

  test.each<[string, string, readonly unknown[]]>([
    ['percentiles', percentilesSql, [[0.5]]],
    ['histograms', histogramsSql, [null, null, null, 10]],
  ])('%s of several devices', async (_, sql, more) => {
    const other = { ...scope, device: 'device-8', indexes: [8] };
    const request = { scopes: [scope, other], metrics: ['t', 'h'], startsMs: [oneDay.fromMs], ...oneDay };
    const nodes = scans(await plan(sql, [...seriesParameters(request), ...more]));
    expect(new Set(nodes.map((node) => node['Relation Name']))).toEqual(new Set([leaf(today - 2)]));
    expect(nodes.every((node) => node['Node Type'] !== 'Seq Scan')).toBe(true);
  });

  test.each<[string, string, readonly unknown[]]>([
    ['changes of state', stateChangesSql, [5_000]],
    ['the last state', lastStateSql, []],
  ])('%s', async (_, sql, more) => {
    const parameters = ['t', [7], 'acme', [1], new Date(oneDay.fromMs), new Date(oneDay.toMs), ...more];
    const nodes = scans(await plan(sql, parameters));
    expect(new Set(nodes.map((node) => node['Relation Name']))).toEqual(new Set([leaf(today - 2)]));
    expect(nodes.every((node) => node['Node Type'] !== 'Seq Scan')).toBe(true);
  });

  test('the latest values', async () => {
    const nodes = await plan(latestSql, [[7], 'acme', 1_000_000]);
    expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
  });

  test('rows of an hour that is decided, and values that are discarded', async () => {
    const bounds = [new Date(oneDay.fromMs), new Date(oneDay.toMs)];
    const hour = (today - 2) * 24;
    const rows = scans(await plan(rowsToDecideSql, [[7, 8], [hour, hour], [0, 0], [1], ...bounds]));
    const keys = [[7], [oneDay.fromMs + 3], ['019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071'], [1], ['t,u']];
    const discarded = scans(await plan(discardSql, [...keys, ...bounds, [1]]));
    for (const nodes of [rows, discarded]) {
      expect(new Set(nodes.map((node) => node['Relation Name']))).toContain(leaf(today - 2));
      expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
    }
  });

  test('copies: what leads the planner to partitions names days and each class once, so that it looks every row up', async () => {
    const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
    await writer.load(fixtureTopic, [1]);
    const body = Array.from({ length: 50 }, (_, seq) => ({
      ...{ ts: (today - 1) * dayMs + 70_000 + seq, boot: 'b', seq, values: { t: seq } },
    }));
    const report = (offset: number) =>
      batchOf([reportRecord({ offset, body, deviceIndex: 300, key: 'acme/twice' }, 1)]);
    await writer.store(report(0));
    const watched = await watchStatements(database.dataSource, () => writer.store(report(1)));
    const copies = watched.flatMap(({ statements }) => statements).filter(({ sql }) => sql === addCopiesSql.trim());
    const day = [new Date((today - 1) * dayMs), new Date(today * dayMs - 1)];
    expect(copies.map(({ parameters }) => [(parameters[0] as unknown[]).length, ...parameters.slice(8)])).toEqual([
      [50, ...day, [1]],
    ]);
  });

  test.each([
    ['devices of which hours are due', dueDevicesSql, [500]],
    [
      'hours that are to be decided',
      undecidedHoursSql,
      [
        [1_007, 1_008],
        [0, 0],
        [499_000, 499_000],
        [500_001, 500_001],
      ],
    ],
  ])('%s', async (_, sql, parameters) => {
    const nodes = await plan(sql, parameters);
    const large = nodes.filter(({ 'Relation Name': name }) => name !== undefined && name !== 'position');
    expect(large.length).toBeGreaterThan(0);
    expect(large.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
  });
});
