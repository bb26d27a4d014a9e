import { expect, test } from '@jest/globals';
import { createLogger } from '@myelin/observability';
import type { ClaimedDelivery, NextStep, TryOutcome } from '../../domain/notifying/delivery.js';
import { DeliveryLog } from './delivery-log.js';

const failed: TryOutcome = { kind: 'failed', error: 'status 500' };
const pending: NextStep = { state: 'pending', delayMs: 5_000 };

function delivery(receiver: string, tenant = 'acme'): ClaimedDelivery {
  return { ...{ id: 'd', tenant, tries: 1, failures: 0, ageMs: 0, claim: 'c' }, notification: { receiver } as never };
}

test('that a receiver fails is said once, what is parked each time, and once that it works again', () => {
  const lines: { msg: string; tenant: string; receiver: string }[] = [];
  const destination = { write: (line: string): void => void lines.push(JSON.parse(line) as (typeof lines)[0]) };
  const log = new DeliveryLog(createLogger({ service: 'alerting', level: 'info', destination }));
  const delivered = (receiver: string): void =>
    log.tried(delivery(receiver), { kind: 'delivered' }, { state: 'delivered' });
  delivered('hook');
  for (let nth = 0; nth < 3; nth += 1) log.tried(delivery('hook'), failed, pending);
  log.tried(delivery('hook', 'other'), failed, pending);
  for (let nth = 0; nth < 2; nth += 1) log.tried(delivery('hook'), failed, { state: 'parked' });
  delivered('hook');
  delivered('hook');
  log.tried(delivery('hook'), failed, pending);
  const fails = 'notification: its receiver fails';
  const parked = 'notification: parked';
  expect(lines.map((line) => [line.tenant, line.msg])).toEqual([
    ...[
      ['acme', fails],
      ['other', fails],
      ['acme', parked],
      ['acme', parked],
    ],
    ...[
      ['acme', 'notification: its receiver works again'],
      ['acme', fails],
    ],
  ]);
});
