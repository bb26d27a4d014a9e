import type { ModelType, peerRound } from '@myelin/detectors';

export const severities = ['critical', 'major', 'minor', 'warning', 'info'] as const;
/** Most severe first. */
export type Severity = (typeof severities)[number];

export const orderOperators = ['>', '>=', '<', '<='] as const;
export const operators = [...orderOperators, '==', '!='] as const;
export type OrderOperator = (typeof orderOperators)[number];
export type Operator = (typeof operators)[number];

export const aggregates = ['last', 'avg', 'min', 'max', 'count', 'rate'] as const;
export type Aggregate = (typeof aggregates)[number];

export const limitSources = ['device', 'site', 'profile'] as const;

/**
 * What telemetry finds of a device's measurements of an hour, as metrics; no device can name one of its own so. Delays are
 * from measuring to receiving, shares are of what was stored and of what was expected.
 */
export const qualityMetrics = [
  ...(['$quality.delayAvgMs', '$quality.delayP95Ms', '$quality.delayMaxMs'] as const),
  ...(['$quality.lateShare', '$quality.missingShare'] as const),
] as const;
export type QualityMetric = (typeof qualityMetrics)[number];

/** A limit that is taken from metadata, so that one rule fits devices that differ. */
export interface LimitReference {
  readonly from: (typeof limitSources)[number];
  /** RFC 6901 JSON pointer into the metadata, e.g. `/limits/temperature`. */
  readonly path: string;
  /** Where the metadata has no number there; without it the condition is unknown. */
  readonly default?: number;
}

/** The latest value of a metric, or an aggregate of a window that ends with the reading, held against a limit. */
export interface Comparison {
  readonly metric: string;
  /** `last` by default; all others need a window. `rate` is the increase of a counter per second, resets allowed for. */
  readonly aggregate?: Aggregate;
  readonly windowMs?: number;
  readonly op: Operator;
  /** Texts and booleans go with `last`, `==` and `!=` only. */
  readonly value: number | boolean | string | LimitReference;
}

/** True of a reading whose value differs from the one before. */
export interface Changed {
  readonly metric: string;
  readonly op: 'changed';
}

/** The value has not changed for as long as the window, although the metric was read. */
export interface Stuck {
  readonly metric: string;
  readonly op: 'stuck';
  readonly windowMs: number;
}

/**
 * Unlike what the readings before it make expect, or unlike what other devices say at the same time. A model of
 * `@myelin/detectors`, with its parameters.
 */
export interface Anomaly {
  readonly metric: string;
  readonly op: 'anomaly';
  readonly model: {
    readonly type: ModelType | typeof peerRound.type;
    readonly params?: Readonly<Record<string, unknown>>;
  };
}

/** The trend reaches the limit within the horizon, as surely as the confidence says; see `limit-forecast` of `@myelin/detectors`. */
export interface Reaches {
  readonly metric: string;
  readonly op: 'reaches';
  readonly forecast: Readonly<Record<string, unknown>>;
}

/** The device, or one metric of it, was not heard for as long as the window; in live time, whatever the event time. */
export interface Absent {
  /** Absent: the device itself, whatever it says. */
  readonly metric?: string;
  readonly op: 'absent';
  /** Absent: three of the profile's report intervals. */
  readonly windowMs?: number;
}

export type Leaf = Comparison | Changed | Stuck | Anomaly | Reaches | Absent;
export type Condition =
  Leaf | { readonly all: readonly Condition[] } | { readonly any: readonly Condition[] } | { readonly not: Condition };

/** Every member that is given must match; none at all is the whole tenant. */
export interface Scope {
  readonly devices?: readonly string[];
  readonly profiles?: readonly string[];
  readonly sites?: readonly string[];
  /** Each label must have one of the values. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
}

export interface Clearing {
  /** Instead of the condition being no longer true. */
  readonly when?: Condition;
  /** An active alarm's limits with an order are eased by this much. */
  readonly hysteresis?: number;
  readonly forMs?: number;
}

/** True at `k` of the last `n` readings. */
export interface KOfN {
  readonly k: number;
  readonly n: number;
}

/** A part of Alertmanager's time interval, whose place is the schedule's. */
export interface ScheduleInterval {
  readonly times?: readonly { readonly startTime: string; readonly endTime: string }[];
  readonly weekdays?: readonly string[];
  readonly daysOfMonth?: readonly string[];
  readonly months?: readonly string[];
  readonly years?: readonly string[];
}

/** When a rule counts: within one of the intervals. Outside of them its condition is false, whatever the readings. */
export interface Schedule {
  /** Of the IANA database. Absent: the device's, which is its site's, else its tenant's. */
  readonly timeZone?: string;
  readonly intervals: readonly ScheduleInterval[];
}

export const stormGroups = ['site', 'profile'] as const;

/** When alarms of a rule are a storm, for which one alarm stands; see `brakeOf` for what is not given. */
export interface StormBrake {
  /** Beside the storms of the whole rule, those of each site or profile. */
  readonly by?: (typeof stormGroups)[number];
  /** More than this share of the devices that the rule concerns; 1: never. */
  readonly share?: number;
  /** Fewer devices are none. */
  readonly atLeast?: number;
  /** Within which they raise their alarms, in the service's time. */
  readonly windowMs?: number;
}

/** Texts about an alarm, with places to fill in. */
export interface RuleAnnotations {
  readonly summary?: string;
  readonly description?: string;
}

export interface Rule {
  readonly id: string;
  readonly version: number;
  /** What people call it; its id by default. */
  readonly name?: string;
  /** False: it concerns no device. */
  readonly enabled?: boolean;
  readonly scope: Scope;
  readonly when: Condition;
  /** At every reading of this much event time; 0 by default. */
  readonly forMs?: number;
  readonly kOfN?: KOfN;
  readonly clear?: Clearing;
  readonly schedule?: Schedule;
  /** How far readings of a device may be out of order, in event time; 0 by default. */
  readonly latenessMs?: number;
  readonly severity: Severity;
  readonly storm?: StormBrake;
  /** On every alarm of the rule. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: RuleAnnotations;
}
