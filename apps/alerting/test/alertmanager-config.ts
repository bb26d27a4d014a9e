import type { MatcherDefinition } from '../src/domain/notifying/label-matchers.js';

export interface RouteDefinition {
  readonly receiver?: string;
  readonly groupBy?: readonly string[];
  readonly groupWaitMs?: number;
  readonly groupIntervalMs?: number;
  readonly repeatIntervalMs?: number;
  readonly matchers?: readonly MatcherDefinition[];
  readonly continue?: boolean;
  readonly muteTimeIntervals?: readonly string[];
  readonly activeTimeIntervals?: readonly string[];
  readonly routes?: readonly RouteDefinition[];
}

export interface IntervalDefinition {
  readonly times?: readonly { readonly startTime: string; readonly endTime: string }[];
  readonly weekdays?: readonly string[];
  readonly daysOfMonth?: readonly string[];
  readonly months?: readonly string[];
  readonly years?: readonly string[];
  readonly location?: string;
}

export interface PolicyDefinition {
  readonly route: RouteDefinition;
  readonly receivers: readonly { readonly name: string; readonly kind: 'webhook'; readonly sendResolved?: boolean }[];
  readonly inhibitRules: readonly {
    readonly sourceMatchers: readonly MatcherDefinition[];
    readonly targetMatchers: readonly MatcherDefinition[];
    readonly equal: readonly string[];
  }[];
  readonly timeIntervals: readonly { readonly name: string; readonly intervals: readonly IntervalDefinition[] }[];
}

/** The same policy in the words of Alertmanager's configuration file; every receiver is a webhook at `url`. */
export function alertmanagerConfig(policy: PolicyDefinition, url: string): object {
  return {
    route: route(policy.route),
    receivers: policy.receivers.map(({ name, sendResolved = true }) => ({
      name,
      webhook_configs: [{ url: `${url}/${name}`, send_resolved: sendResolved }],
    })),
    inhibit_rules: policy.inhibitRules.map(({ sourceMatchers, targetMatchers, equal }) => ({
      source_matchers: sourceMatchers.map(matcher),
      target_matchers: targetMatchers.map(matcher),
      equal,
    })),
    time_intervals: policy.timeIntervals.map(({ name, intervals }) => ({
      name,
      time_intervals: intervals.map(interval),
    })),
  };
}

function route(definition: RouteDefinition): object {
  const ms = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value}ms`);
  return {
    ...{ receiver: definition.receiver, group_by: definition.groupBy, group_wait: ms(definition.groupWaitMs) },
    ...{ group_interval: ms(definition.groupIntervalMs), repeat_interval: ms(definition.repeatIntervalMs) },
    ...{ matchers: definition.matchers?.map(matcher), continue: definition.continue },
    mute_time_intervals: definition.muteTimeIntervals,
    active_time_intervals: definition.activeTimeIntervals,
    routes: definition.routes?.map(route),
  };
}

function matcher({ name, operator, value }: MatcherDefinition): string {
  return `${name}${operator}${JSON.stringify(value)}`;
}

function interval({ times, weekdays, daysOfMonth, months, years, location }: IntervalDefinition): object {
  return {
    times: times?.map(({ startTime, endTime }) => ({ start_time: startTime, end_time: endTime })),
    ...{ weekdays, days_of_month: daysOfMonth, months, years, location },
  };
}
