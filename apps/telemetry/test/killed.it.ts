import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type SpawnedService, freePort, spawnService, waitFor } from '@myelin/testing';
import { measurementReportedV1 } from '@myelin/contracts';
import type { EncodedRecord } from '@myelin/messaging';
import { type Surroundings, reportEvent, surroundings, tickEvent } from './running-service.fixture.js';

let around: Surroundings;
const partitions = 6;
const devices = 40;
const kills = 5;

beforeAll(async () => {
  around = await surroundings({ partitions });
}, 60_000);
afterAll(() => around.dispose(), 60_000);

interface Totals {
  readonly rows: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly copies: number;
  readonly conflicts: number;
}

async function totals(): Promise<Totals> {
  const [row] = await around.database.dataSource.query<[Totals]>(
    `SELECT (SELECT count(*) FROM measurement)::float8 AS rows, (SELECT coalesce(sum(duplicates), 0) FROM measurement)::float8 AS copies,
       coalesce(sum(stored), 0)::float8 AS stored, coalesce(sum(duplicates), 0)::float8 AS duplicates,
       coalesce(sum(conflicts), 0)::float8 AS conflicts FROM device`,
  );
  return row;
}

async function start(port: number): Promise<SpawnedService> {
  const env = { ...around.environment, HTTP_PORT: String(port) };
  return spawnService('apps/telemetry/dist/main.js', env, { readyUrl: `http://127.0.0.1:${port}/health/live` });
}

interface Sent {
  readonly rows: number;
  readonly copies: number;
  readonly conflicts: number;
}

/** Publishes rounds of reports until told to stop; a tenth of the devices repeats itself, another contradicts itself. */
function publishRounds(): { stop(): Promise<Sent> } {
  let on = true;
  const rounds = (async () => {
    let seq = 0;
    for (; on; seq++) {
      const records = Array.from({ length: devices }, (_, device) => recordsOf(device, seq)).flat();
      await around.publisher.send([...records, tickEvent(seq % partitions)]);
    }
    const tenth = (seq * devices) / 10;
    return { rows: tenth * 11, copies: tenth, conflicts: tenth };
  })();
  return {
    stop: () => {
      on = false;
      return rounds;
    },
  };
}

function recordsOf(device: number, seq: number): EncodedRecord[] {
  const body = { ts: Date.now(), boot: 'b', seq, values: { t: seq, d: device } };
  const report = (sent: object) => reportEvent({ device: `device-${device}`, index: device, body: sent });
  if (device % 10 === 0) return [report(body), report(body)]; // a lost acknowledgement, sent again
  if (device % 10 === 1) return [report(body), report({ ...body, seq: seq + 1_000_000, values: { t: -1 } })];
  return [report(body)];
}

/** Everything on the topic is handled: what comes twice would be counted by then. */
async function untilHandled(): Promise<void> {
  const ranges = await around.kafka.admin.topicOffsets(measurementReportedV1.topic.name);
  const end = [...ranges.values()].reduce((sum, { high }) => sum + high, 0n);
  const handled = async () => {
    const [row] = await around.database.dataSource.query<[{ at: string | null }]>(
      'SELECT sum(next_offset) AS at FROM position',
    );
    return BigInt(row.at ?? 0) === end;
  };
  await waitFor(handled, { timeoutMs: 60_000, what: () => `all positions to sum up to ${end}` });
}

describe('a writer that is killed', () => {
  test(`SIGKILL under load, ${kills} times at random moments: every measurement is stored once, every copy counted once`, async () => {
    const port = await freePort();
    let service = await start(port);
    const publishing = publishRounds();
    try {
      for (let kill = 0; kill < kills; kill++) {
        const before = (await totals()).stored;
        const progress = async () => (await totals()).stored > before + 100 + Math.random() * 2_000;
        await waitFor(progress, { timeoutMs: 40_000, what: () => `progress; ${service.logs()}` });
        service.kill('SIGKILL');
        await service.exit();
        await service.stop();
        service = await start(port);
      }
      const sent = await publishing.stop();
      await untilHandled();
      const { rows, copies, conflicts } = sent;
      expect(await totals()).toEqual({ rows, stored: rows, duplicates: copies, copies, conflicts });
    } finally {
      await publishing.stop();
      await service.stop();
    }
  }, 180_000);
});
