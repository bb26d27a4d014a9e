import { stringify } from 'yaml';
import type { Alert, Series } from './alert.js';

/** A file for `promtool test rules`: each alert fires where it has to, and keeps quiet where it has to. */
export function promtoolTests(alerts: readonly Alert[], ruleFiles: readonly string[]): string {
  const tests = alerts.flatMap(({ name, trial }) => [
    {
      name: `${name} fires`,
      interval: '1m',
      input_series: input(trial.fires),
      promql_expr_test: [countOf(name, trial.byMinute, 1)],
    },
    {
      name: `${name} keeps quiet`,
      interval: '1m',
      input_series: input(trial.quiet),
      promql_expr_test: [0.25, 0.5, 0.75, 1].map((part) => countOf(name, Math.round(trial.byMinute * part), 0)),
    },
  ]);
  return stringify({ rule_files: ruleFiles, evaluation_interval: '1m', tests }, { lineWidth: 0 });
}

function input(series: Series): object[] {
  return Object.entries(series).map(([name, values]) => ({ series: name, values }));
}

/** By the series that Prometheus itself keeps of its alerts: whatever labels and annotations they have. */
function countOf(alert: string, minute: number, count: 0 | 1): object {
  const fires = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
  return {
    expr: `(${fires} > bool 0) or vector(0)`,
    eval_time: `${minute}m`,
    exp_samples: [{ labels: '{}', value: count }],
  };
}
