import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess } from '@myelin/main-job';
import type { Bench, Lab } from '../harness/bench.js';
import { BenchmarksError } from '../harness/benchmarks.errors.js';
import type { Contestant, RoundOutcome, Summary } from '../harness/rounds.js';
import { pidOf } from '../harness/servers.js';
import { median, pairedRatio } from '../harness/statistics.js';
import type { Published } from '../programs/measurement-publisher.js';
import { type TelemetryStand, openTelemetryStand, storedCounts, storedPosition } from '../telemetry-stand.js';

/** As many as the service's own batches hold at most. */
const rowsPerCopy = 5_000;
const typeormRows = 10_000;
/** The service has compiled its code and opened its connections by then. */
const warmShare = 0.2;

/** T9: the real service reads a backlog from a real Kafka, beside COPY of rows that are encoded already. */
export const writerBench: Bench = {
  name: 'writer',
  summary: 'Kafka to PostgreSQL, 1 % copies, 5 % late, against COPY binary, TypeORM insert and save',
  goals: ['T9'],
  rounds: 5,
  options: {
    records: { type: 'string', default: '600000' },
    devices: { type: 'string', default: '1000' },
    /** Of the service and of COPY. */
    connections: { type: 'string', default: '4' },
  },
  async run(lab) {
    const connections = Number(lab.options['connections']);
    const stand = await openTelemetryStand(lab);
    const backlog = await publishBacklog(lab, stand);
    const writer = writerContestant(stand, backlog, String(connections));
    await writer.prepare?.(0);
    await writer.run(0);
    const found = await lab.interleave([
      writer,
      await copyContestant(lab, stand, 'copy', connections),
      await copyContestant(lab, stand, 'copy-one-stream', 1),
      await typeormContestant(lab, stand, 'insert'),
      await typeormContestant(lab, stand, 'save'),
    ]);
    const [ours, copy, stream, insert, save] = found as [Summary, Summary, Summary, Summary, Summary];
    const all = (summary: Summary): readonly number[] => summary.cpuUs('client', 'postgres');
    return [
      { id: 'T9', value: pairedRatio(ours.rates, copy.rates), unit: 'ratio' },
      { id: 'writer.one-stream', value: pairedRatio(ours.rates, stream.rates), unit: 'ratio' },
      { id: 'writer.cpu', value: pairedRatio(all(copy), all(ours)), unit: 'ratio' },
      { id: 'writer.node-us', value: median(ours.cpuUs('client')), unit: 'us/row' },
      { id: 'writer.postgres-us', value: median(ours.cpuUs('postgres')), unit: 'us/row' },
      { id: 'writer.postgres', value: pairedRatio(copy.cpuUs('postgres'), ours.cpuUs('postgres')), unit: 'ratio' },
      { id: 'writer.typeorm-insert', value: pairedRatio(all(insert), all(ours)), unit: 'ratio' },
      { id: 'writer.typeorm-save', value: pairedRatio(all(save), all(ours)), unit: 'ratio' },
    ];
  },
};

async function publishBacklog(lab: Lab, { brokers }: TelemetryStand): Promise<Published> {
  const module = new URL('../programs/measurement-publisher.js', import.meta.url);
  const publisher = await lab.start({ name: 'publisher', module });
  const [records, devices] = [Number(lab.options['records']), Number(lab.options['devices'])];
  lab.say(
    `publishing ${records} records of ${devices} devices; in each round the first ${100 * warmShare} % warm up and are not measured`,
  );
  const published = await publisher.ask<Published>('backlog', { brokers, records, devices });
  await publisher.stop();
  return published;
}

/** Reads the same backlog in every round: the stored positions decide where, and they are set back. */
function writerContestant(stand: TelemetryStand, backlog: Published, connections: string): Contestant {
  const { database, stack } = stand;
  let service: ServiceProcess | undefined;
  let [warmPosition, warmMs] = [0, 0];
  return {
    name: 'writer',
    processes: () => ({
      client: pidOf('telemetry', service?.pid),
      postgres: stack.postgres?.pid,
      kafka: stack.kafka?.nodes[0]?.pid,
    }),
    prepare: async () => {
      await service?.stop(15_000);
      await database.query('TRUNCATE measurement, latest, device, rollup_mark');
      await database.query('UPDATE position SET next_offset = 0');
      await database.query('CHECKPOINT');
      service = await stand.start({ WRITER_CONNECTIONS: connections });
      warmPosition = await untilStored(stand, backlog.records * warmShare);
      warmMs = performance.now();
    },
    run: async (): Promise<RoundOutcome> => {
      const position = await untilStored(stand, backlog.records);
      const wallMs = performance.now() - warmMs;
      const { stored, duplicates } = await storedCounts(database);
      const extra = stored + duplicates - backlog.records;
      if (extra > 0 || stored > backlog.distinct) {
        throw BenchmarksError.permanent('benchmarks.run-failed', `${stored} stored of ${backlog.distinct}: doubled`);
      }
      return { messages: position - warmPosition, lost: backlog.distinct - stored, wallMs };
    },
  };
}

async function untilStored({ database }: TelemetryStand, records: number): Promise<number> {
  for (const end = Date.now() + 600_000; Date.now() < end;) {
    const position = await storedPosition(database);
    if (position >= records) return position;
    await delay(20);
  }
  throw BenchmarksError.permanent('benchmarks.run-failed', `${records} records were not stored in ten minutes`);
}

async function copyContestant(
  lab: Lab,
  { databaseUrl, database, stack }: TelemetryStand,
  name: string,
  connections: number,
): Promise<Contestant> {
  const loader = await lab.start({ name, module: new URL('../anchors/copy-loader.js', import.meta.url) });
  const rows = await loader.ask<number>('remember', { databaseUrl, rowsPerChunk: rowsPerCopy });
  return {
    name,
    anchor: true,
    processes: () => ({ client: loader.pid, postgres: stack.postgres?.pid }),
    prepare: async () => {
      await loader.ask('empty', { databaseUrl, connections });
      await database.query('CHECKPOINT');
    },
    run: async () => {
      const messages = await loader.ask<number>('load', { databaseUrl, connections });
      return { messages, lost: rows - messages };
    },
  };
}

async function typeormContestant(
  lab: Lab,
  { databaseUrl, stack }: TelemetryStand,
  how: 'insert' | 'save',
): Promise<Contestant> {
  const module = new URL('../anchors/typeorm-loader.js', import.meta.url);
  const loader = await lab.start({ name: `typeorm-${how}`, module });
  const rows = await loader.ask<number>('remember', { databaseUrl, rows: typeormRows });
  return {
    name: `typeorm-${how}`,
    anchor: true,
    processes: () => ({ client: loader.pid, postgres: stack.postgres?.pid }),
    prepare: () => loader.ask('empty'),
    run: async () => {
      const messages = await loader.ask<number>('load', { how });
      return { messages, lost: rows - messages };
    },
  };
}
