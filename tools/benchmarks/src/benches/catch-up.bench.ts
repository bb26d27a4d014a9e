import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess } from '@myelin/main-job';
import type { Client } from 'pg';
import type { Bench, Lab } from '../harness/bench.js';
import { BenchmarksError } from '../harness/benchmarks.errors.js';
import type { Program } from '../harness/program.js';
import type { Contestant, RoundOutcome, Summary } from '../harness/rounds.js';
import { pidOf } from '../harness/servers.js';
import { pairedRatio } from '../harness/statistics.js';
import type { Published } from '../programs/measurement-publisher.js';
import {
  type TelemetryStand,
  connected,
  openTelemetryStand,
  storedCounts,
  storedPosition,
} from '../telemetry-stand.js';

const liveMs = 20_000;
/** Behind by less than this is not behind. */
const behindMs = 1_000;
const mostMs = 1_800_000;

/** T14: the database is away, the load goes on; then how fast what was missed is stored, the load still going on. */
export const catchUpBench: Bench = {
  name: 'catch-up',
  summary: 'the database away for minutes under load, then the rate of catching up against the live rate',
  goals: ['T14'],
  rounds: 1,
  warmUps: 0,
  options: {
    /** Records per second: a quarter of T12 as `pipeline` measures it on the same machine. */
    rate: { type: 'string', default: '20000' },
    away: { type: 'string', default: '5m' },
    devices: { type: 'string', default: '1000' },
  },
  async run(lab) {
    const [rate, devices] = [Number(lab.options['rate']), Number(lab.options['devices'])];
    const awayMs = millisecondsOf(String(lab.options['away']));
    const stand = await openTelemetryStand(lab);
    const service = await stand.start();
    const module = new URL('../programs/measurement-publisher.js', import.meta.url);
    const load = await lab.start({ name: 'load', module });
    await load.ask('start', { brokers: stand.brokers, rate, devices });
    const run = { lab, stand, service, load, rate };
    const found = await lab.interleave([liveContestant(run), catchUpContestant(run, awayMs)]);
    const [live, catchUp] = found as [Summary, Summary];
    return [{ id: 'T14', value: pairedRatio(catchUp.rates, live.rates), unit: 'ratio' }];
  },
};

interface Run {
  readonly lab: Lab;
  readonly stand: TelemetryStand;
  readonly service: ServiceProcess;
  readonly load: Program;
  readonly rate: number;
}

const processesOf = ({ service, stand, load }: Run) => ({
  telemetry: pidOf('telemetry', service.pid),
  postgres: stand.stack.postgres?.pid,
  kafka: stand.stack.kafka?.nodes[0]?.pid,
  load: load.pid,
});

/** What is lost is counted when all is over: the load goes on. */
function liveContestant(run: Run): Contestant {
  const { database } = run.stand;
  return {
    name: 'live',
    processes: () => processesOf(run),
    prepare: () => untilCaughtUp(run, database),
    run: async () => {
      const before = await storedPosition(database);
      await delay(liveMs);
      return { messages: (await storedPosition(database)) - before, lost: 0 };
    },
  };
}

function catchUpContestant(run: Run, awayMs: number): Contestant {
  const { lab, stand, load } = run;
  let database: Client | undefined;
  return {
    name: 'catch-up',
    processes: () => processesOf(run),
    prepare: async () => {
      lab.say(`the database goes away for ${awayMs / 1_000} s`);
      await stand.stack.postgres?.pause();
      await delay(awayMs);
      await stand.stack.postgres?.start();
      database = await connected(lab, stand.databaseUrl);
    },
    run: async () => {
      const before = await storedPosition(database as Client);
      await untilCaughtUp(run, database as Client);
      return { messages: (await storedPosition(database as Client)) - before, lost: 0 };
    },
    verify: async (outcome: RoundOutcome) => {
      const { records, distinct } = await load.ask<Published>('stop');
      await untilStored(database as Client, () => Promise.resolve(records));
      const { stored, duplicates } = await storedCounts(database as Client);
      if (stored > distinct || stored + duplicates > records) {
        throw BenchmarksError.permanent('benchmarks.run-failed', `${stored} stored of ${distinct}: doubled`);
      }
      return { ...outcome, lost: distinct - stored };
    },
  };
}

function untilCaughtUp({ load, rate }: Run, database: Client): Promise<void> {
  return untilStored(
    database,
    async () => (await load.ask<Published>('published')).records - (rate * behindMs) / 1_000,
  );
}

async function untilStored(database: Client, wanted: () => Promise<number>): Promise<void> {
  for (const end = Date.now() + mostMs; Date.now() < end; await delay(100)) {
    const position = await storedPosition(database);
    if (position > 0 && position >= (await wanted())) return;
  }
  throw BenchmarksError.permanent('benchmarks.run-failed', 'the writer did not catch up in half an hour');
}

/** `90s`, `5m` */
function millisecondsOf(text: string): number {
  const [, amount, unit] = /^(\d+)(s|m)$/.exec(text) ?? [];
  if (amount === undefined)
    throw BenchmarksError.permanent('benchmarks.usage', '--away takes seconds (90s) or minutes');
  return Number(amount) * (unit === 'm' ? 60_000 : 1_000);
}
