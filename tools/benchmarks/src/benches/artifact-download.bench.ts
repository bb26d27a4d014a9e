import type { Bench } from '../harness/bench.js';
import type { Contestant, Summary } from '../harness/rounds.js';
import { pairedRatio } from '../harness/statistics.js';
import type { RangeLoadOutcome } from '../programs/range-load.js';

const bytes = 8_388_608;

/** T18: a hot image in ranges, as devices that stream or resume take it. */
export const artifactDownloadBench: Bench = {
  name: 'artifact-download',
  summary: 'ranges of a hot 8 MiB image, against a handler with the image in memory',
  goals: ['T18'],
  rounds: 7,
  options: {
    requests: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '32' },
    rangeBytes: { type: 'string', default: '65536' },
  },
  async run(lab) {
    const load = await lab.start({ name: 'range-load', module: new URL('../programs/range-load.js', import.meta.url) });
    const contestant = async (name: string, file: string, anchor: boolean): Promise<Contestant> => {
      const server = await lab.start({ name, module: new URL(file, import.meta.url) });
      const port = await server.ask<number>('open', { bytes });
      const [requests, connections, rangeBytes] = ['requests', 'connections', 'rangeBytes'].map((option) =>
        Number(lab.options[option]),
      );
      return {
        ...{ name, anchor, processes: () => ({ server: server.pid, load: load.pid }) },
        run: async () => {
          const details = { port, bytes, requests, connections, rangeBytes };
          const { served, lost, wallMs } = await load.ask<RangeLoadOutcome>('run', details);
          return { messages: served, lost, wallMs };
        },
      };
    };
    const found = await lab.interleave([
      await contestant('buffer-http', '../anchors/buffer-http.js', true),
      await contestant('artifact', '../programs/artifact-server.js', false),
    ]);
    const [anchor, ours] = found as [Summary, Summary];
    return [{ id: 'T18', value: pairedRatio(anchor.cpuUs('server'), ours.cpuUs('server')), unit: 'ratio' }];
  },
};
