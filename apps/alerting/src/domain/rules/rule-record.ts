import type { RuleDefinition } from './parse-rule.js';

/** A rule as it is kept. */
export interface RuleRecord {
  readonly tenant: string;
  readonly rule: string;
  /** Strictly grows, also when the rule was removed in between. */
  readonly version: number;
  readonly definition: RuleDefinition;
  readonly updatedAt: Date;
  /** `operator:<subject>` */
  readonly updatedBy: string;
}
