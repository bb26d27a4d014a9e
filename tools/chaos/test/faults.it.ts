import { describe, expect, test } from '@jest/globals';
import { events } from '@myelin/contracts';
import { isProven } from '@myelin/fleet-simulator';
import { createKafkaAdmin } from '@myelin/messaging';
import { waitFor } from '@myelin/testing';
import { Client } from 'pg';
import { volumeBytesFor } from '../src/volume.js';
import { expectProven, provenWithinMs } from './expect-proven.js';
import { useChaos } from './use-chaos.js';

const volume = volumeBytesFor({ needsVolume: true });
const whyNoVolume = typeof volume === 'string' ? ` (skipped: ${volume})` : '';

const chaos = useChaos({ kafkaNodes: 1, volumeBytes: typeof volume === 'number' ? volume : undefined });

/** Changes stored rows behind the service's back. */
async function tamper(sql: string): Promise<number> {
  const client = new Client({ connectionString: chaos().postgres.url });
  await client.connect();
  try {
    await client.query('SET search_path = telemetry');
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

test('every consumer group on the broker, private table readers aside, is one that a contract declares', async () => {
  const admin = createKafkaAdmin({ brokers: chaos().system.stack.brokers, clientId: 'test' });
  const shared = async (): Promise<string[]> =>
    (await admin.listGroups()).filter((group) => !group.startsWith('private.'));
  // A service is ready before its consumers have joined.
  await waitFor(async () => (await shared()).length > 0, { timeoutMs: 30_000, what: 'a group joins' });
  const groups = await shared();
  await admin.close();
  const declared = events.flatMap(({ consumers }) =>
    consumers.flatMap((consumer) => (consumer.kind === 'group' ? [consumer.group] : [])),
  );
  expect(declared).toEqual(expect.arrayContaining(groups));
});

describe('the proof', () => {
  test('fails for one row that was deleted, one that was doubled and one that was altered in the database', async () => {
    const fleet = await chaos().newFleet({ devices: 40, intervalMs: 200, seed: 7 });
    fleet.start();
    await waitFor(() => fleet.ledger.accepted > 100, { timeoutMs: 30_000, what: 'measurements are accepted' });
    expect(await fleet.drain(60_000)).toBe(true);
    expect(isProven(await fleet.proof(60_000))).toBe(true);
    const oneRow = (at: number): string =>
      `SELECT m.device_index, m.ts, m.fingerprint FROM measurement m JOIN device d ON d.index = m.device_index
       WHERE d.tenant = '${fleet.tenant}' ORDER BY m.ts, m.device_index OFFSET ${at} LIMIT 1`;

    expect(await tamper(`DELETE FROM measurement WHERE (device_index, ts, fingerprint) IN (${oneRow(0)})`)).toBe(1);
    expect(await fleet.proof(0)).toMatchObject({ lost: 1, doubled: 0, altered: 0 });

    expect(
      await tamper(
        `INSERT INTO measurement SELECT device_index, ts, received_at, seq, gen_random_uuid(), 0, class, boot, out_of_range, "values"
         FROM measurement WHERE (device_index, ts, fingerprint) IN (${oneRow(0)})`,
      ),
    ).toBe(1);
    expect(await fleet.proof(0)).toMatchObject({ lost: 1, doubled: 1, altered: 0 });

    expect(
      await tamper(
        `UPDATE measurement SET "values" = jsonb_set("values", '{battery}', '-1')
         WHERE (device_index, ts, fingerprint) IN (${oneRow(5)})`,
      ),
    ).toBe(1);
    const report = await fleet.proof(0);
    expect(report).toMatchObject({ lost: 1, doubled: 1, altered: 1 });
    expect(isProven(report)).toBe(false);
    await fleet.close();
  }, 120_000);
});

describe('nothing acknowledged is lost and nothing is doubled', () => {
  test.each([
    ['every process is killed in random turn', 'kill-all', 20_000],
    ['PostgreSQL is away, and devices do not notice', 'database-away', 6_000],
    ['every statement takes 200 ms longer, and devices do not notice', 'database-slow', 6_000],
    ['somebody takes every connection of PostgreSQL, and devices do not notice', 'database-connections', 6_000],
    ['the clocks of the services jump, and devices do not notice', 'clock-jump', 9_000],
    ['the network stalls, delays, throttles, cuts, refuses and resets', 'network-stall', 12_000],
    ['poison comes in between, and each is parked once with its code', 'poison', 5_000],
  ] as const)(
    'while %s',
    async (_what, scenario, forMs) => {
      await expectProven(chaos(), scenario, forMs);
    },
    provenWithinMs,
  );

  (whyNoVolume === '' ? test : test.skip)(
    `while the volume of PostgreSQL is full, and devices do not notice${whyNoVolume}`,
    async () => {
      await expectProven(chaos(), 'database-disk-full', 6_000);
    },
    provenWithinMs,
  );
});
