import type { Bench } from '../harness/bench.js';
import type { Contestant, Summary } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';
import { type ReportStand, gatewayProcess, openReportStand } from '../report-stand.js';

/**
 * T19: what tracing costs the gateway, with its spans and metrics sent to somebody who takes them, beside no SDK. Two processes of
 * the same build differ by more than the goal is, as their compilers decided differently: so there are several of each.
 */
export const tracingOverheadBench: Bench = {
  name: 'tracing-overhead',
  summary: 'HTTP reports with tracing at its default ratio and of every request, against none',
  goals: ['T19'],
  rounds: 7,
  warmUps: 3,
  options: {
    requests: { type: 'string', default: '40000' },
    connections: { type: 'string', default: '128' },
    processes: { type: 'string', default: '4' },
  },
  async run(lab) {
    const stand = await openReportStand(lab, Number(lab.options['connections']));
    const collector = await lab.start({
      name: 'collector',
      module: new URL('../anchors/raw-http.js', import.meta.url),
    });
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await collector.ask<number>('port')}` };
    const processes = Number(lab.options['processes']);
    const requests = Number(lab.options['requests']);
    const gateways = async (name: string, count: number, env: Record<string, string>): Promise<Contestant[]> => {
      const started: Contestant[] = [];
      for (let nth = 1; nth <= count; nth++) started.push(await contestant(stand, `${name}-${nth}`, requests, env));
      return started;
    };
    const found = await lab.interleave([
      ...(await gateways('untraced', processes, { OTEL_SDK_DISABLED: 'true' })).map((it) => ({ ...it, anchor: true })),
      ...(await gateways('default-ratio', processes, endpoint)),
      ...(await gateways('every-request', 1, { ...endpoint, TRACE_SAMPLE_RATIO: '1' })),
    ]);
    const untraced = costs(found, 'untraced');
    const overhead = (name: string): number => 100 * (mean(costs(found, name)) / mean(untraced) - 1);
    return [
      { id: 'T19', value: overhead('default-ratio'), unit: '%' },
      { id: 'tracing-overhead.every', value: overhead('every-request'), unit: '%' },
      { id: 'tracing-overhead.among-equals', value: spread(untraced), unit: '%' },
    ];
  },
};

async function contestant(stand: ReportStand, name: string, requests: number, env: Record<string, string>) {
  return stand.contestant(name, await stand.gateway(env), { requests, measurementsPerRequest: 1 });
}

/** Of each process of a kind: microseconds of CPU per message, the median of its rounds. */
function costs(summaries: readonly Summary[], kind: string): number[] {
  return summaries.filter(({ name }) => name.startsWith(kind)).map((summary) => median(summary.cpuUs(gatewayProcess)));
}

function mean(of: readonly number[]): number {
  return of.reduce((sum, one) => sum + one, 0) / of.length;
}

/** How much the dearest of equal processes costs beyond the cheapest. */
function spread(of: readonly number[]): number {
  return 100 * (Math.max(...of) / Math.min(...of) - 1);
}
