import type { ServiceProcess } from '@myelin/main-job';
import type { Bench, Lab } from '../harness/bench.js';
import { BenchmarksError } from '../harness/benchmarks.errors.js';
import type { Program } from '../harness/program.js';
import type { Contestant, Summary } from '../harness/rounds.js';
import { pidOf } from '../harness/servers.js';
import { median, pairedRatio } from '../harness/statistics.js';
import type { HttpLoad, HttpLoadOutcome } from '../programs/http-load.js';
import { registerDevices } from '../registered-devices.js';
import { openTopicStand, writtenOf } from '../topic-stand.js';

const gatewayProcess = 'ingest-gateway';

/** T5, T6, T19: the real gateway on a real Kafka, beside a server that only answers. */
export const httpIngestBench: Bench = {
  name: 'http-ingest',
  summary: 'HTTP reports, single and in batches of 100, against node:http that only answers',
  goals: ['T5', 'T6', 'T19'],
  rounds: 11,
  warmUps: 4,
  options: {
    requests: { type: 'string', default: '40000' },
    connections: { type: 'string', default: '128' },
  },
  async run(lab) {
    const requests = Number(lab.options['requests']);
    const stand = await openStand(lab, Number(lab.options['connections']));
    const [traced, untraced] = await Promise.all([stand.gateway({}), stand.gateway({ OTEL_SDK_DISABLED: 'true' })]);
    const raw = await lab.start({ name: 'raw-http', module: new URL('../anchors/raw-http.js', import.meta.url) });
    const rawPort = await raw.ask<number>('port');

    const found = await lab.interleave([
      {
        name: 'node-http',
        anchor: true,
        processes: () => ({ server: raw.pid, load: stand.load.pid }),
        run: async (round) => {
          const { accepted, wallMs } = await stand.send({ port: rawPort, requests, round: `raw${round}` });
          return { messages: accepted, lost: 0, wallMs };
        },
      },
      stand.contestant('single', traced, { requests, measurementsPerRequest: 1 }),
      stand.contestant('batch-100', traced, { requests: requests / 20, measurementsPerRequest: 100 }),
      stand.contestant('single-untraced', untraced, { requests, measurementsPerRequest: 1 }),
    ]);
    const [anchor, single, batch, without] = found as [Summary, Summary, Summary, Summary];
    const singleUs = single.cpuUs(gatewayProcess);
    const overheads = singleUs.map((us, round) => us / (without.cpuUs(gatewayProcess)[round] as number) - 1);
    return [
      { id: 'T5', value: pairedRatio(anchor.cpuUs('server'), singleUs), unit: 'ratio' },
      { id: 'T6', value: pairedRatio(singleUs, batch.cpuUs(gatewayProcess)), unit: 'ratio' },
      { id: 'T19', value: 100 * median(overheads), unit: '%' },
    ];
  },
};

interface Sending extends Pick<HttpLoad, 'port' | 'requests'> {
  readonly measurementsPerRequest?: number;
  readonly round: string;
}

interface Stand {
  readonly load: Program;
  gateway(env: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  send(sending: Sending): Promise<HttpLoadOutcome>;
  contestant(
    name: string,
    gateway: ServiceProcess,
    work: Pick<HttpLoad, 'requests' | 'measurementsPerRequest'>,
  ): Contestant;
}

async function openStand(lab: Lab, connections: number): Promise<Stand> {
  const { brokers, kafkaPid, written } = await openTopicStand(lab);
  const devices = await registerDevices({ brokers, clientId: 'benchmarks' }, connections);
  const load = await lab.start({ name: 'http-load', module: new URL('../programs/http-load.js', import.meta.url) });
  const send: Stand['send'] = ({ round, ...sending }) =>
    load.ask<HttpLoadOutcome>('run', { measurementsPerRequest: 1, points: 6, devices, boot: round, ...sending });
  return {
    load,
    gateway: ({ ...own }) =>
      lab.servers.service({ name: gatewayProcess, env: { KAFKA_BROKERS: brokers.join(','), ...own } }),
    send,
    contestant: (name, gateway, work) => {
      let before = 0;
      return {
        name,
        processes: () => ({
          [gatewayProcess]: pidOf(gatewayProcess, gateway.pid),
          kafka: kafkaPid,
          load: load.pid,
        }),
        prepare: async () => void (before = await written()),
        run: async (round) => {
          const port = Number(new URL(gateway.url).port);
          const { accepted, refused, wallMs } = await send({ ...work, port, round: `${name}${round}` });
          assertNothingRefused(refused);
          return { messages: accepted * work.measurementsPerRequest, wallMs };
        },
        verify: async ({ messages, ...outcome }) => writtenOf(messages, (await written()) - before, outcome),
      };
    },
  };
}

function assertNothingRefused(refused: HttpLoadOutcome['refused']): void {
  if (Object.keys(refused).length === 0) return;
  throw BenchmarksError.permanent('benchmarks.run-failed', `requests were refused: ${JSON.stringify(refused)}`);
}
