import type { Bench } from '../harness/bench.js';
import type { Summary } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';
import { gatewayProcess, openReportStand } from '../report-stand.js';

/** T19: what tracing costs the gateway, with its spans and metrics sent to somebody who takes them, beside no SDK. */
export const tracingOverheadBench: Bench = {
  name: 'tracing-overhead',
  summary: 'HTTP reports with tracing at its default ratio and of every request, against none',
  goals: ['T19'],
  rounds: 11,
  warmUps: 4,
  options: {
    requests: { type: 'string', default: '40000' },
    connections: { type: 'string', default: '128' },
  },
  async run(lab) {
    const work = { requests: Number(lab.options['requests']), measurementsPerRequest: 1 };
    const stand = await openReportStand(lab, Number(lab.options['connections']));
    const collector = await lab.start({
      name: 'collector',
      module: new URL('../anchors/raw-http.js', import.meta.url),
    });
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await collector.ask<number>('port')}` };
    const [untraced, byDefault, every] = await Promise.all([
      stand.gateway({ OTEL_SDK_DISABLED: 'true' }),
      stand.gateway(endpoint),
      stand.gateway({ ...endpoint, TRACE_SAMPLE_RATIO: '1' }),
    ]);
    const found = await lab.interleave([
      { ...stand.contestant('untraced', untraced, work), anchor: true },
      stand.contestant('default-ratio', byDefault, work),
      stand.contestant('every-request', every, work),
    ]);
    const [anchor, atDefault, ofEvery] = found as [Summary, Summary, Summary];
    return [
      { id: 'T19', value: overheadPercent(atDefault, anchor), unit: '%' },
      { id: 'tracing-overhead.every', value: overheadPercent(ofEvery, anchor), unit: '%' },
    ];
  },
};

/** CPU per message beyond the anchor's, the median of the rounds' own. */
function overheadPercent(summary: Summary, anchor: Summary): number {
  const without = anchor.cpuUs(gatewayProcess);
  return 100 * median(summary.cpuUs(gatewayProcess).map((us, round) => us / (without[round] as number) - 1));
}
