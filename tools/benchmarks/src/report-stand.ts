import type { ServiceProcess } from '@myelin/main-job';
import type { Lab } from './harness/bench.js';
import { BenchmarksError } from './harness/benchmarks.errors.js';
import type { Program } from './harness/program.js';
import type { Contestant } from './harness/rounds.js';
import { pidOf } from './harness/servers.js';
import type { HttpLoad, HttpLoadOutcome } from './programs/http-load.js';
import { registerDevices } from './registered-devices.js';
import { openTopicStand, writtenOf } from './topic-stand.js';

export const gatewayProcess = 'ingest-gateway';

interface Sending extends Pick<HttpLoad, 'port' | 'requests'> {
  readonly measurementsPerRequest?: number;
  readonly round: string;
}

/** A Kafka with registered devices, somebody who reports for them, and gateways when they are asked for. */
export interface ReportStand {
  readonly load: Program;
  gateway(env: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  send(sending: Sending): Promise<HttpLoadOutcome>;
  contestant(
    name: string,
    gateway: ServiceProcess,
    work: Pick<HttpLoad, 'requests' | 'measurementsPerRequest'>,
  ): Contestant;
}

/** @throws BenchmarksError, LocalStackError */
export async function openReportStand(lab: Lab, connections: number): Promise<ReportStand> {
  const { brokers, kafkaPid, written } = await openTopicStand(lab);
  const devices = await registerDevices({ brokers, clientId: 'benchmarks' }, connections);
  const load = await lab.start({ name: 'http-load', module: new URL('./programs/http-load.js', import.meta.url) });
  const send: ReportStand['send'] = ({ round, ...sending }) =>
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
