import { TelemetryError } from './telemetry.errors.js';

/** A value is redundant when one of the filters of its metric says so; see `filters.ts`. */
export interface MetricFilter {
  /** Absolute, above 0; only numbers are held against it. */
  readonly deadband: number | undefined;
  /** In device time, for values of every kind. */
  readonly minimumIntervalMs: number | undefined;
}

/** What a profile says about measurements that are stored. */
export interface ProfilePolicy {
  readonly expectedReportIntervalMs: number;
  /** Received later than this after its ts, a measurement is late. */
  readonly lateAfterMs: number;
  /** How long the filters of an hour wait for late measurements. */
  readonly latenessMs: number;
  /** By metric; metrics without a filter are absent. */
  readonly filters: ReadonlyMap<string, MetricFilter>;
}

/** The profiles of all tenants, as far as they are read. */
export interface Profiles {
  /** False until all have been read. */
  readonly ready: boolean;
  /** @param key `<tenant>/<profile>`; undefined when it is not known (any more) */
  find(key: string): ProfilePolicy | undefined;
}

/** @throws TelemetryError telemetry.profiles-behind: nothing is judged without knowing how */
export function requireProfiles(profiles: Profiles): void {
  if (!profiles.ready) throw TelemetryError.retryable('telemetry.profiles-behind', 'profiles are not read yet');
}
