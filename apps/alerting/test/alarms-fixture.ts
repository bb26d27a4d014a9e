import { type DatabaseFixture, ManualClock, useDatabase } from '@myelin/testing';
import { Alerting } from '../src/alerting.js';
import { AlarmStore } from '../src/alarms/alarm-store.js';
import type { AlarmChange } from '../src/domain/alarms/alarm.js';
import type { Found, FoundClear, FoundRaise } from '../src/domain/alarms/found.js';
import { occurrenceId } from '../src/domain/alarms/occurrence-id.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';

export const tenant = 'acme';

export function raised(rest: Partial<FoundRaise> = {}): FoundRaise {
  return {
    ...{ kind: 'raised', rule: 'hot', ruleVersion: 1, device: 'd-1', startMs: 1_000, atMs: 2_000, severity: 'major' },
    ...{ deviceLabels: {}, labels: {}, annotations: {}, ...rest },
  };
}

export function cleared(rest: Partial<FoundClear> = {}): FoundClear {
  return { kind: 'cleared', rule: 'hot', ruleVersion: 1, device: 'd-1', startMs: 1_000, atMs: 3_000, ...rest };
}

export function idOf({ rule, ruleVersion: version, device, startMs }: Found, of = tenant): string {
  return occurrenceId({ tenant: of, rule, version, device, startMs });
}

export interface Outgoing {
  readonly topic: string;
  readonly key: string;
  readonly version: string | undefined;
  readonly value: Record<string, unknown> | null;
}

export interface AlarmsFixture {
  readonly database: DatabaseFixture;
  readonly clock: ManualClock;
  readonly alerting: Alerting;
  readonly alarms: AlarmStore;
  apply(found: readonly Found[], of?: string): Promise<readonly AlarmChange[]>;
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** What the outbox holds, in its order. */
  outgoing(): Promise<Outgoing[]>;
  clear(): Promise<void>;
}

/** Alarms in a database of their own. Nothing publishes what is in the outbox. */
export async function useAlarms(): Promise<AlarmsFixture> {
  const database = await useDatabase({ service: 'alerting', migrations, entities });
  const clock = new ManualClock(Date.UTC(2026, 10, 26, 12));
  const alerting = new Alerting(database.dataSource, clock, { rulesPerTenant: 10 });
  const alarms = new AlarmStore(clock);
  const query = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> =>
    database.dataSource.query<Row[]>(sql, parameters);
  return {
    ...{ database, clock, alerting, alarms, query },
    apply: (found, of = tenant) => alerting.change((tx) => alarms.apply(tx, of, found)),
    outgoing: async () => {
      const rows = await query<{ topic: string; key: Buffer; value: Buffer | null; headers: Record<string, string> }>(
        'SELECT topic, key, value, headers FROM outbox ORDER BY seq',
      );
      return rows.map(({ topic, key, value, headers }) => ({
        ...{ topic, key: key.toString(), version: headers['myelin-version'] },
        value: value === null ? null : (JSON.parse(value.toString()) as Record<string, unknown>),
      }));
    },
    clear: async () => {
      const tables = ['outbox', 'alarm', 'flapping', 'rule', 'removed_rule', 'dispatch_queue'];
      for (const table of tables) await query(`DELETE FROM ${table}`);
    },
  };
}
