import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger, silentLogger } from '@myelin/observability';
import { createDataSource, inTransaction, runMigrations, schemaDrift } from '@myelin/persistence';
import { type DatabaseFixture, ManualClock, useDatabase, waitFor } from '@myelin/testing';
import { type ClaimedDelivery, type DeliveryLedger, defaultSchedule } from '../src/domain/notifying/delivery.js';
import { Dispatcher } from '../src/domain/notifying/dispatcher.js';
import type { Notification } from '../src/domain/notifying/notification.js';
import { readPolicy } from '../src/domain/notifying/read-policy.js';
import { AddressGuard } from '../src/features/deliver-notifications/address-guard.js';
import {
  DeliverNotifications,
  type DeliverySettings,
  defaultLeaseMs,
} from '../src/features/deliver-notifications/deliver-notifications.js';
import {
  PostgresDeliveryLedger,
  deliveryIdOf,
  enqueueDeliveries,
  findDelivery,
  forgetDeliveries,
  unparkDelivery,
  waitingDeliveries,
} from '../src/persistence/deliveries.repository.js';
import { loadDispatcherState, storeDispatcherChanges } from '../src/persistence/dispatcher-state.repository.js';
import { DeliveryMetrics } from '../src/features/deliver-notifications/delivery-metrics.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { HookServer, aNotification, aWebhookReceiver, signingKey, signingKeys, status } from './deliveries-fixture.js';

let database: DatabaseFixture;
let ledger: PostgresDeliveryLedger;
beforeAll(async () => {
  database = await useDatabase({ service: 'alerting', migrations, entities });
  ledger = new PostgresDeliveryLedger(database.dataSource);
});
afterAll(() => database.dispose());
beforeEach(() => database.dataSource.query('DELETE FROM delivery'));

const enqueue = (...notifications: Notification[]): Promise<void> =>
  inTransaction(database.dataSource, (tx) => enqueueDeliveries(tx, 'acme', notifications));
const idOf = (notification: Notification): string => deliveryIdOf('acme', notification);
const stored = async (notification: Notification) =>
  (await findDelivery(database.dataSource.manager, 'acme', idOf(notification)))!;
const group = (key: string, sequence = 0, receiver = 'hook'): Notification =>
  aNotification({ groupKey: key, sequence, receiver, atMs: 1_000 * sequence });
const claimIds = async (limit = 10): Promise<string[]> => (await ledger.claim(60_000, limit)).map(({ id }) => id);
const failed = { kind: 'failed', error: 'status 500' } as const;

describe('the schema', () => {
  test('that the migrations make is the one that the entities describe, and migrates again without a change', async () => {
    expect(await schemaDrift(database.dataSource)).toEqual([]);
    const { ownerUrl, schema, appRole } = database;
    await runMigrations({ ownerUrl, schema, appRole, migrations, logger: silentLogger });
  });

  test('goes back to nothing', async () => {
    await using other = await useDatabase({ service: 'alerting', migrations, entities });
    const { ownerUrl: url, schema } = other;
    const owner = await createDataSource({ url, schema, migrations, applicationName: 'down' }).initialize();
    try {
      for (let left = migrations.length; left > 0; left--) await owner.undoLastMigration();
      const sql = 'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1';
      expect(await owner.query(sql, [schema])).toEqual([{ name: 'schema_migrations' }]);
    } finally {
      await owner.destroy();
    }
  });
});

describe('the ledger', () => {
  test('takes a notification once, however often it is handed in', async () => {
    await enqueue(group('a'));
    await enqueue(group('a'), group('a', 1));
    const [{ count }] = (await database.dataSource.query('SELECT count(*)::int FROM delivery')) as [{ count: number }];
    expect(count).toBe(2);
  });

  test('gives a delivery to one of many who ask at once, and to nobody else while its lease lasts', async () => {
    const receivers = Array.from({ length: 20 }, (_, index) => group('a', 0, `hook-${index}`));
    await enqueue(...receivers);
    const others = Array.from({ length: 4 }, () => new PostgresDeliveryLedger(database.dataSource));
    const claimed = (await Promise.all(others.map((each) => each.claim(60_000, 20)))).flat();
    expect(claimed.map(({ id }) => id).sort()).toEqual(receivers.map(idOf).sort());
    expect(await claimIds()).toEqual([]);
  });

  test('gives of a group the oldest first, and the next only when that one has ended', async () => {
    await enqueue(group('a', 1), group('a', 0), group('a', 2));
    const [first] = await ledger.claim(60_000, 10);
    expect(first!.id).toBe(idOf(group('a', 0)));
    await ledger.record(first!, failed, { state: 'pending', delayMs: 3_600_000 });
    expect(await claimIds()).toEqual([]);
    await database.dataSource.query('UPDATE delivery SET next_try_at = now()');
    const [again] = await ledger.claim(60_000, 10);
    expect([again!.id, again!.tries]).toEqual([first!.id, 2]);
    await ledger.record(again!, { kind: 'delivered' }, { state: 'delivered' });
    expect(await claimIds()).toEqual([idOf(group('a', 1))]);
  });

  test('leaves nothing waiting and tells each group in its order, while notifications come and go at once', async () => {
    const told = new Map<string, number[]>();
    const expected = [0, 1, 2, 3, 4, 5];
    const groups = ['a', 'b', 'c'].flatMap((key) => ['one', 'two'].map((receiver) => ({ key, receiver })));
    const producing = groups.map(async ({ key, receiver }) => {
      for (const sequence of expected) await enqueue(group(key, sequence, receiver));
    });
    let open = true;
    const consuming = [1, 2, 3].map(async () => {
      const own = new PostgresDeliveryLedger(database.dataSource);
      for (;;) {
        const last = !open;
        const claimed = await own.claim(60_000, 10);
        if (claimed.length === 0 && last) return;
        for (const each of claimed) {
          const { groupKey, receiver, sequence } = each.notification;
          const name = `${groupKey} ${receiver}`;
          told.set(name, [...(told.get(name) ?? []), sequence]);
          await own.record(each, { kind: 'delivered' }, { state: sequence % 2 === 0 ? 'delivered' : 'parked' });
        }
      }
    });
    await Promise.all(producing);
    open = false;
    await Promise.all(consuming);
    // A receiver that was busy with another one's delivery at the last look has something left.
    for (let rest = await ledger.claim(60_000, 10); rest.length > 0; rest = await ledger.claim(60_000, 10))
      for (const each of rest) {
        const name = `${each.notification.groupKey} ${each.notification.receiver}`;
        told.set(name, [...(told.get(name) ?? []), each.notification.sequence]);
        await ledger.record(each, { kind: 'delivered' }, { state: 'delivered' });
      }
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(groups.map(({ key, receiver }) => [`${key} ${receiver}`, expected])),
    );
  });

  test('gives tenants their turn, however many receivers of another one wait for longer', async () => {
    await enqueue(...Array.from({ length: 8 }, (_, index) => group('a', 0, `hanging-${index}`)));
    const claimTenants = async (limit: number): Promise<string[]> =>
      (await ledger.claim(60_000, limit)).map(({ tenant }) => tenant).sort();
    expect(await claimTenants(4)).toEqual(['acme', 'acme', 'acme', 'acme']);
    const quick = Array.from({ length: 3 }, (_, index) => group('a', 0, `quick-${index}`));
    await inTransaction(database.dataSource, (tx) => enqueueDeliveries(tx, 'globex', quick));
    expect(await claimTenants(1)).toEqual(['globex']);
    expect(await claimTenants(2)).toEqual(['globex', 'globex']);
    expect(await claimTenants(2)).toEqual(['acme', 'acme']);
    await inTransaction(database.dataSource, (tx) => enqueueDeliveries(tx, 'initech', quick));
    expect(await claimTenants(2)).toEqual(['initech', 'initech']);
    expect(await claimTenants(5)).toEqual(['acme', 'acme', 'initech']);
  });

  test('gives of a receiver one at a time, so that one that hangs holds up nobody else', async () => {
    await enqueue(group('a', 0, 'slow'), group('b', 0, 'slow'), group('a', 0, 'quick'));
    const first = await claimIds();
    expect(first).toHaveLength(2);
    expect(first).toContain(idOf(group('a', 0, 'quick')));
    expect(await claimIds()).toEqual([]);
  });

  test('gives what a dead process had to the next one; the dead one can record no more', async () => {
    await enqueue(group('a'));
    const [dead] = await ledger.claim(1, 10);
    const next = await waitFor(async () => (await ledger.claim(60_000, 10))[0], { what: 'the lease to end' });
    expect([next.id, next.tries]).toEqual([dead!.id, 2]);
    expect(await ledger.record(dead!, { kind: 'delivered' }, { state: 'delivered' })).toBe(false);
    expect(await ledger.record(next, failed, { state: 'pending', delayMs: 0 })).toBe(true);
    const { delivery, tries } = await stored(group('a'));
    expect(delivery).toMatchObject({ state: 'pending', tries: 2, claim: null });
    expect(tries).toMatchObject([
      { try: 1, outcome: null, endedAt: null },
      { try: 2, outcome: 'failed', error: 'status 500', endedAt: expect.any(Date) },
    ]);
  });

  test('keeps what was parked until somebody wants it sent again, and forgets what ended long ago', async () => {
    await enqueue(group('a'), group('b'));
    const [parked] = await ledger.claim(60_000, 1);
    await ledger.record(parked!, { kind: 'refused', error: 'x'.repeat(9_000) }, { state: 'parked' });
    const [row] = (await findDelivery(database.dataSource.manager, 'acme', parked!.id))!.tries;
    expect(row!.error).toHaveLength(500);
    const unpark = (tenant: string): Promise<boolean> =>
      inTransaction(database.dataSource, (tx) => unparkDelivery(tx, tenant, parked!.id));
    expect([await unpark('globex'), await unpark('acme'), await unpark('acme')]).toEqual([false, true, false]);
    const [other] = await ledger.claim(60_000, 1);
    await ledger.record(other!, { kind: 'delivered' }, { state: 'delivered' });
    expect(await forgetDeliveries(database.dataSource.manager, new Date(0), 10)).toBe(0);
    expect(await forgetDeliveries(database.dataSource.manager, new Date(Date.now() + 60_000), 10)).toBe(1);
    expect(await findDelivery(database.dataSource.manager, 'acme', other!.id)).toBeNull();
  });

  test('gives what is sent again as if nothing had failed before, so that it does not wait for what was parked', async () => {
    await enqueue(group('a'));
    const claim = async (): Promise<ClaimedDelivery> => {
      await database.dataSource.query('UPDATE delivery SET next_try_at = now()');
      return (await ledger.claim(60_000, 1))[0]!;
    };
    const pending = { state: 'pending', delayMs: 0 } as const;
    for (const failures of [0, 1, 2]) {
      const claimed = await claim();
      expect([claimed.tries, claimed.failures]).toEqual([failures + 1, failures]);
      await ledger.record(claimed, failed, failures === 2 ? { state: 'parked' } : pending);
    }
    await inTransaction(database.dataSource, (tx) => unparkDelivery(tx, 'acme', idOf(group('a'))));
    const again = await claim();
    expect([again.tries, again.failures]).toEqual([4, 0]);
    await ledger.record(again, failed, pending);
    expect((await claim()).failures).toBe(1);
  });
});

describe('delivering', () => {
  const clock = new ManualClock();
  const metrics = new DeliveryMetrics(() => waitingDeliveries(database.dataSource.manager));
  const receivers = new Map<string, ReturnType<typeof aWebhookReceiver>>();
  function deliverer(rest: Partial<DeliverySettings> = {}): DeliverNotifications {
    const guard = new AddressGuard(['127.0.0.1/32']);
    return new DeliverNotifications({
      ...{ ledger, receiverOf: async (_tenant: string, name: string) => receivers.get(name), smtp: undefined },
      webhooks: { guard, signingKeys, externalUrl: '', clock },
      schedule: { ...defaultSchedule, initialDelayMs: 1, maxDelayMs: 1 },
      ...{ maxInFlight: 8, leaseMs: defaultLeaseMs, metrics, logger: silentLogger },
      ...rest,
    });
  }
  async function until(work: DeliverNotifications, state: string, notification: Notification): Promise<void> {
    await waitFor(
      async () => {
        await work.step();
        await work.settled();
        return (await stored(notification)).delivery.state === state;
      },
      { what: `the delivery to be ${state}` },
    );
  }

  test('goes on through failures until it succeeds, each try written down, always with the same id', async () => {
    await using hook = await HookServer.start((response, _request, count) => status(count < 4 ? 500 : 200)(response));
    receivers.set('hook', aWebhookReceiver(hook.url));
    await enqueue(group('a'));
    await until(deliverer(), 'delivered', group('a'));
    const { delivery, tries } = await stored(group('a'));
    expect(tries.map(({ outcome, error }) => [outcome, error])).toEqual([
      ...[1, 2, 3].map(() => ['failed', 'status 500']),
      ['delivered', null],
    ]);
    expect(hook.received.map(({ headers }) => headers['webhook-id'])).toEqual([1, 2, 3, 4].map(() => delivery.id));
  });

  test('sends again, with the same id, what was sent before its process died', async () => {
    await using hook = await HookServer.start(status(200));
    receivers.set('hook', aWebhookReceiver(hook.url));
    await enqueue(group('a'));
    const dying: DeliveryLedger = {
      claim: (_leaseMs, limit) => ledger.claim(1, limit),
      record: () => Promise.reject(new Error('killed before it could record')),
    };
    const dead = deliverer({ ledger: dying });
    await dead.step();
    await dead.settled();
    await until(deliverer(), 'delivered', group('a'));
    expect(hook.received.map(({ headers }) => headers['idempotency-key'])).toEqual([
      idOf(group('a')),
      idOf(group('a')),
    ]);
  });

  test('a receiver that hangs holds up no other', async () => {
    await using silent = await HookServer.start(() => undefined);
    await using quick = await HookServer.start(status(200));
    receivers.set('silent', aWebhookReceiver(silent.url, { timeoutMs: 3_000 }));
    receivers.set('quick', aWebhookReceiver(quick.url));
    const quickOnes = Array.from({ length: 5 }, (_, index) => group(`${index}`, 0, 'quick'));
    await enqueue(...Array.from({ length: 5 }, (_, index) => group(`${index}`, 0, 'silent')), ...quickOnes);
    const work = deliverer();
    await work.step();
    await waitFor(() => quick.received.length === 5, { what: 'the quick one to have all' });
    expect(silent.received.length).toBe(1);
    await work.stop();
    await work.step();
    expect(silent.received.length).toBe(1);
  });

  test('what belongs to a policy that is not known yet is tried again', async () => {
    await enqueue(group('a'));
    let asked = 0;
    const receiverOf = async (): Promise<undefined> => {
      if (++asked < 3) throw new Error('policies are not read yet');
      return undefined;
    };
    await until(deliverer({ receiverOf }), 'parked', group('a'));
    const tries = (await stored(group('a'))).tries.map(({ outcome, error }) => [outcome, error]);
    expect(tries.slice(0, 2)).toEqual([1, 2].map(() => ['failed', 'unexpected error']));
  });

  test('parks what is refused, and what has no receiver any more', async () => {
    await using hook = await HookServer.start(status(410));
    receivers.set('hook', aWebhookReceiver(hook.url));
    await enqueue(group('a'), group('a', 0, 'gone'));
    await until(deliverer(), 'parked', group('a'));
    await until(deliverer(), 'parked', group('a', 0, 'gone'));
    expect((await stored(group('a'))).tries).toMatchObject([{ outcome: 'refused', error: 'status 410' }]);
    expect((await stored(group('a', 0, 'gone'))).tries[0]!.error).toBe('the policy has no such receiver any more');
    expect(hook.received).toHaveLength(1);
  });

  test('a secret is neither in the ledger nor in the log, whatever fails', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string): void => void lines.push(line) };
    const logger = createLogger({ service: 'alerting', level: 'debug', destination });
    await using hook = await HookServer.start((response, { headers }) => {
      response.writeHead(500, JSON.stringify(headers['webhook-signature']).slice(0, 40));
      response.end(JSON.stringify(headers));
    });
    receivers.set('hook', aWebhookReceiver(`${hook.url}?token=in-the-url-42`));
    await enqueue(group('a'));
    const work = deliverer({ logger, schedule: defaultSchedule });
    await work.step();
    await work.settled();
    const all = JSON.stringify([await stored(group('a')), lines]);
    expect(lines.length).toBeGreaterThan(0);
    expect(all).not.toContain(signingKey.slice(6, 20));
    expect(all).not.toContain(String(hook.received[0]!.headers['webhook-signature']).slice(3, 20));
    expect(all).not.toContain('in-the-url-42');
  });
});

describe('dispatching and delivering', () => {
  const read = readPolicy({
    route: { receiver: 'hook', groupWaitMs: 1_000, groupIntervalMs: 5_000 },
    receivers: [{ name: 'hook', kind: 'webhook', url: 'https://example.com', signingKeyRef: 'main' }],
  });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const policy = read.value;
  const restored = async (nowMs: number): Promise<Dispatcher> =>
    Dispatcher.restore(policy, [], await loadDispatcherState(database.dataSource.manager, 'acme'), nowMs);
  const alert = {
    labels: { device: 'd' },
    annotations: {},
    startsAtMs: 0,
    endsAtMs: null,
    generatorUrl: '',
    revision: 1,
  };

  /** One step as a service takes it: what is known and what is due are stored together, or neither is. */
  async function step(dispatcher: Dispatcher, nowMs: number, dies = false): Promise<void> {
    await inTransaction(database.dataSource, async (tx) => {
      await enqueueDeliveries(tx, 'acme', dispatcher.tick(nowMs));
      await storeDispatcherChanges(tx, 'acme', dispatcher.takeChanges());
      if (dies) throw new Error('killed before it could commit');
    });
  }

  test('a notification is in the ledger exactly once, wherever the process dies', async () => {
    const first = await restored(0);
    first.accept(alert, 0);
    await step(first, 0);
    await expect(step(await restored(1_000), 1_000, true)).rejects.toThrow('killed');
    expect(await ledger.claim(60_000, 10)).toEqual([]);
    await step(await restored(1_000), 1_000);
    await step(await restored(1_100), 1_100);
    const claimed: ClaimedDelivery[] = await ledger.claim(60_000, 10);
    expect(claimed.map(({ notification }) => notification.alerts.map(({ labels }) => labels))).toEqual([
      [{ device: 'd' }],
    ]);

    const over = await restored(2_000);
    over.accept({ ...alert, endsAtMs: 2_000, revision: 2 }, 2_000);
    await step(over, 6_000);
    await step(await restored(11_000), 11_000);
    expect(await loadDispatcherState(database.dataSource.manager, 'acme')).toEqual({ alerts: [], groups: [] });
  });
});
