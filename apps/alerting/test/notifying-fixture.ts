import { silentLogger } from '@myelin/observability';
import { inTransaction } from '@myelin/persistence';
import type { Operator } from '@myelin/service-kit';
import { readPolicy } from '../src/domain/notifying/read-policy.js';
import type { Notification } from '../src/domain/notifying/notification.js';
import {
  DispatchNotifications,
  type DispatchSettings,
} from '../src/features/dispatch-notifications/dispatch-notifications.js';
import { putPolicy } from '../src/features/manage-policy/policy.handler.js';
import { Policies } from '../src/notifications/policies.js';
import { DispatchedAlertEntity } from '../src/persistence/dispatcher-state.entity.js';
import { type AlarmsFixture, tenant, useAlarms } from './alarms-fixture.js';

export function aPolicyDefinition(route: object = {}, rest: object = {}) {
  return {
    route: { receiver: 'hook', groupWaitMs: 1_000, groupIntervalMs: 5_000, repeatIntervalMs: 60_000, ...route },
    receivers: [{ name: 'hook', kind: 'webhook', url: 'https://example.com', signingKeyRef: 'main' }],
    ...rest,
  };
}

export function operatorOf(of: string, subject = 'ada'): Operator {
  return { subject, tenant: of, roles: ['operator'] } as unknown as Operator;
}

export interface NotifyingFixture extends AlarmsFixture {
  /** One process of many: what it has in memory is its own. */
  dispatching(rest?: Partial<DispatchSettings>): DispatchNotifications;
  putPolicy(definition: object, of?: string): Promise<void>;
  /** Lets time pass second by second, and `process` take every step that is due. */
  pass(process: DispatchNotifications, seconds: number): Promise<void>;
  /** What the ledger holds of a tenant, in the order of groups and sequences: reason, and devices that fire and do not. */
  told(of?: string): Promise<string[]>;
  /** The devices of the alerts that the tenant's dispatcher knows. */
  known(of?: string): Promise<string[]>;
}

/** Alarms, policies and dispatchers in a database of their own, by a clock that stands still. Nothing is delivered. */
export async function useNotifying(): Promise<NotifyingFixture> {
  const alarms = await useAlarms();
  const { alerting, clock, database, query } = alarms;
  return {
    ...alarms,
    dispatching: (rest = {}) =>
      new DispatchNotifications({
        ...{ alerting, policies: new Policies(), externalUrl: 'http://alerting', leaseMs: 60_000 },
        ...{ logger: silentLogger, ...rest },
      }),
    putPolicy: async (definition, of = tenant) => {
      const read = readPolicy(definition);
      if (!read.ok) throw new Error(JSON.stringify(read.problems));
      await putPolicy(alerting, operatorOf(of), { definition, ifMatch: '*', ifNoneMatch: undefined }).catch(() =>
        putPolicy(alerting, operatorOf(of), { definition, ifMatch: undefined, ifNoneMatch: undefined }),
      );
    },
    pass: async (process, seconds) => {
      for (let second = 0; second < seconds; second += 1) {
        while (await process.step());
        clock.advance(1_000);
      }
      while (await process.step());
    },
    told: async (of = tenant) => {
      const sql = `SELECT notification FROM delivery WHERE tenant = $1 ORDER BY group_hash, notified_at, sequence`;
      const rows = await query<{ notification: Notification }>(sql, [of]);
      return rows.map(({ notification }) => shown(notification));
    },
    known: async (of = tenant) => {
      const rows = await inTransaction(database.dataSource, (tx) => tx.findBy(DispatchedAlertEntity, { tenant: of }));
      return rows.map(({ alert }) => alert.labels.device ?? '').sort();
    },
    clear: async () => {
      await alarms.clear();
      const tables = [
        'delivery',
        'dispatched_alert',
        'dispatched_group',
        'dispatcher',
        'notification_policy',
        'silence',
      ];
      for (const table of tables) await query(`DELETE FROM ${table}`);
    },
  };
}

/** `first notification: d-1 d-2 | d-3`: those that fire, and those that do not any more. */
function shown({ reason, alerts }: Notification): string {
  const devices = (status: string): string =>
    alerts
      .filter((each) => each.status === status)
      .map(({ labels }) => labels.device)
      .join(' ');
  return `${reason}: ${devices('firing')} | ${devices('resolved')}`.trim();
}
