import type { Series } from '../series.js';
import { countedPerSecond } from './device-incidents.js';
import { modelWarmUp } from './incident.js';
import { depot, halls } from './incident-plan.js';
import type { Pace } from './pace.js';

/** Rules of which it is certain what they have to raise. */
export const exactRules = {
  silent: 'demo-silent',
  flapping: 'demo-offline',
  batteryLow: 'demo-battery-low',
  counter: 'demo-energy',
} as const;

/** As a rule is put; its identity is its key. */
export type RuleBody = Readonly<Record<string, unknown>>;

/** The rules of a demonstration, by their ids: about this fleet's devices alone. */
export function demoRules(pace: Pace, series: readonly Series[], prefix: string): ReadonlyMap<string, RuleBody> {
  const { latenessMs } = pace;
  // The device beside the fleet, which a user tries requests with, stands nowhere.
  const scope = { labels: { fleet: [prefix] }, sites: [...halls, depot] };
  const rule = (severity: string, summary: string, body: RuleBody): RuleBody => {
    const annotations = { summary: `{{ device.id }} at {{ device.site }} ${summary}` };
    return { scope, severity, labels: { demo: 'true' }, annotations, ...body };
  };
  return new Map([
    [
      exactRules.silent,
      rule('critical', 'has not been heard of since {{ startedAt }}', {
        when: { op: 'absent', windowMs: pace.silenceMs },
      }),
    ],
    [
      exactRules.flapping,
      rule('warning', 'is offline', { when: { metric: 'online', op: '==', value: false }, latenessMs }),
    ],
    [
      exactRules.batteryLow,
      rule('minor', 'has an empty battery', {
        when: { metric: 'battery', op: '<', value: 20 },
        ...{ forMs: Math.min(Math.ceil(2 * pace.intervalMs), 604_800_000), clear: { hysteresis: 10 }, latenessMs },
      }),
    ],
    [exactRules.counter, rule('major', 'uses too much energy, or none', { ...counterCondition(pace), latenessMs })],
    ...series.flatMap((one) => anomalyRules(one, latenessMs, rule)),
  ]);
}

/** A counter that is taken for a gauge stands still, or runs backwards, where it began anew. */
function counterCondition({ rateWindowMs }: Pace): RuleBody {
  const rate = { metric: 'energy', aggregate: 'rate', windowMs: rateWindowMs };
  return {
    when: {
      any: [
        { ...rate, op: '>', value: 3 * countedPerSecond },
        { ...rate, op: '<', value: 0.1 * countedPerSecond },
      ],
    },
    clear: { hysteresis: countedPerSecond / 2 },
  };
}

function anomalyRules(
  { metric, values }: Series,
  latenessMs: number,
  rule: (severity: string, summary: string, body: RuleBody) => RuleBody,
): [string, RuleBody][] {
  // What the metric does all the time is nothing to speak of.
  const resolution = Math.min(1.5 * spreadOf(values) * Math.sqrt(12), 1e50);
  const ewmaZ = { type: 'ewma-z', params: { span: 60, threshold: 4, warmUp: modelWarmUp, resolution } };
  const pageHinkley = { type: 'page-hinkley', params: { slack: 1, threshold: 12, warmUp: modelWarmUp, resolution } };
  return [
    [
      ruleIdOf('demo-unusual', metric),
      rule('info', `measures an unusual ${metric}`, {
        when: { metric, op: 'anomaly', model: ewmaZ },
        ...{ kOfN: { k: 2, n: 3 }, latenessMs },
      }),
    ],
    [
      ruleIdOf('demo-drift', metric),
      rule('info', `reports ${metric} that drifts`, {
        ...{ when: { metric, op: 'anomaly', model: pageHinkley }, latenessMs },
      }),
    ],
  ];
}

function ruleIdOf(kind: string, metric: string): string {
  return `${kind}-${metric.replace(/[^A-Za-z0-9._-]/g, '-')}`.slice(0, 64);
}

/** The standard deviation. */
export function spreadOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance);
}
