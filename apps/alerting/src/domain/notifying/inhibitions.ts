import { matchesAll } from './label-matchers.js';
import { type Labels, type LabelsKey, labelOf } from './labels.js';
import type { InhibitRule } from './policy.js';

/** Fires until it ends; null = it is not known to end. */
interface Source {
  readonly endsAtMs: number | null;
}

/** The sources of one rule with the same values for its `equal` labels. */
interface Bucket {
  readonly all: Map<LabelsKey, Source>;
  /** Those that are no targets of the rule themselves. */
  readonly pure: Map<LabelsKey, Source>;
}

/** Which alerts are muted by others. A question costs one look per rule, whatever number of alerts fires. */
export class Inhibitions {
  private readonly buckets: Map<string, Bucket>[];

  constructor(private readonly rules: readonly InhibitRule[]) {
    this.buckets = rules.map(() => new Map<string, Bucket>());
  }

  /** Tells of an alert that began or changed. */
  put(key: LabelsKey, labels: Labels, endsAtMs: number | null): void {
    for (const [index, rule] of this.rules.entries()) {
      if (!matchesAll(rule.sourceMatchers, labels)) continue;
      const values = valuesOf(rule, labels);
      const buckets = this.buckets[index] as Map<string, Bucket>;
      let bucket = buckets.get(values);
      if (bucket === undefined) buckets.set(values, (bucket = { all: new Map(), pure: new Map() }));
      bucket.all.set(key, { endsAtMs });
      if (!matchesAll(rule.targetMatchers, labels)) bucket.pure.set(key, { endsAtMs });
    }
  }

  /** Tells of an alert that is known no longer. */
  remove(key: LabelsKey, labels: Labels): void {
    for (const [index, rule] of this.rules.entries()) {
      const buckets = this.buckets[index];
      const values = valuesOf(rule, labels);
      const bucket = buckets?.get(values);
      bucket?.all.delete(key);
      bucket?.pure.delete(key);
      if (bucket?.all.size === 0) buckets?.delete(values);
    }
  }

  /** An alert that matches both sides of a rule is not muted by another one that does, so not by itself either. */
  isMuted(labels: Labels, nowMs: number): boolean {
    return this.rules.some((rule, index) => {
      if (!matchesAll(rule.targetMatchers, labels)) return false;
      const bucket = this.buckets[index]?.get(valuesOf(rule, labels));
      if (bucket === undefined) return false;
      return fires(matchesAll(rule.sourceMatchers, labels) ? bucket.pure : bucket.all, nowMs);
    });
  }
}

/** Those that ended are removed soon, so the first one or the next fires. */
function fires(sources: ReadonlyMap<LabelsKey, Source>, nowMs: number): boolean {
  for (const { endsAtMs } of sources.values()) if (endsAtMs === null || endsAtMs > nowMs) return true;
  return false;
}

/** Missing and empty are equal. */
function valuesOf({ equal }: InhibitRule, labels: Labels): string {
  return JSON.stringify(equal.map((name) => labelOf(labels, name)));
}
