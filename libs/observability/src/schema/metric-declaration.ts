/** Who emits a metric, by the name of the service. */
export type EmittingService = 'device-registry' | 'ingest-gateway' | 'telemetry' | 'alerting' | 'firmware-rollout';

/** What an attribute of a metric may be: its cardinality is known before the first point exists. */
export interface AttributeBounds {
  /** All that there are. */
  readonly values?: readonly string[];
  /** Where they cannot be told: how each looks, and how many there are at most in one process. */
  readonly pattern?: RegExp;
  readonly atMost?: number;
  /** Not on every point. */
  readonly isOptional?: true;
}

/** One metric, declared once: instruments are made from it, and tests hold what services emit to it. */
export interface MetricDeclaration {
  /** By OpenTelemetry's conventions where they have one; ours begin with `myelin.`. */
  readonly name: string;
  readonly instrument: 'counter' | 'up-down-counter' | 'gauge' | 'histogram';
  /** UCUM: `s`, `By`, `1`, or what is counted in braces. */
  readonly unit: string;
  readonly description: string;
  readonly attributes: Readonly<Record<string, AttributeBounds>>;
  readonly emittedBy: readonly EmittingService[];
  /** Histograms only: upper bounds, ascending. */
  readonly bounds?: readonly number[];
  /** Why a service that is well may not emit it; absent = it always does. */
  readonly isAbsentWhile?: string;
}

/** Attributes of a point, of the declared names only. */
export type AttributesOf<Declaration extends MetricDeclaration> = Partial<
  Record<keyof Declaration['attributes'] & string, string | number>
>;

/** Series of one metric in one process at most, whatever its attributes promise. */
export const maxSeriesPerMetric = 4_000;

export function declareMetric<const Declaration extends MetricDeclaration>(declaration: Declaration): Declaration {
  return declaration;
}
