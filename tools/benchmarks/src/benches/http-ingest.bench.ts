import type { Bench } from '../harness/bench.js';
import type { Summary } from '../harness/rounds.js';
import { pairedRatio } from '../harness/statistics.js';
import { gatewayProcess, openReportStand } from '../report-stand.js';

/** T5, T6: the real gateway on a real Kafka, beside a server that only answers. */
export const httpIngestBench: Bench = {
  name: 'http-ingest',
  summary: 'HTTP reports, single and in batches of 100, against node:http that only answers',
  goals: ['T5', 'T6'],
  rounds: 11,
  warmUps: 4,
  options: {
    requests: { type: 'string', default: '40000' },
    connections: { type: 'string', default: '128' },
  },
  async run(lab) {
    const requests = Number(lab.options['requests']);
    const stand = await openReportStand(lab, Number(lab.options['connections']));
    const gateway = await stand.gateway({});
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
      stand.contestant('single', gateway, { requests, measurementsPerRequest: 1 }),
      stand.contestant('batch-100', gateway, { requests: requests / 20, measurementsPerRequest: 100 }),
    ]);
    const [anchor, single, batch] = found as [Summary, Summary, Summary];
    const singleUs = single.cpuUs(gatewayProcess);
    return [
      { id: 'T5', value: pairedRatio(anchor.cpuUs('server'), singleUs), unit: 'ratio' },
      { id: 'T6', value: pairedRatio(singleUs, batch.cpuUs(gatewayProcess)), unit: 'ratio' },
    ];
  },
};
