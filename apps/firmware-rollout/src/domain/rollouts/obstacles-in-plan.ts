import type { Plan } from './plan-waves.js';

export interface PlanObstacle {
  readonly code: 'target-matches-nobody' | 'wave-matches-nobody';
  /** RFC 6901 pointer into the rollout. */
  readonly pointer: string;
  readonly detail: string;
}

/**
 * What is most likely a slip of who wrote it. A wave of nobody is over at once: behind a canary whose label is misspelt everybody else
 * would have its turn. A dynamic rollout may begin with nobody, since devices join it.
 */
export function obstaclesInPlan(plan: Plan, { isDynamic }: { readonly isDynamic: boolean }): PlanObstacle[] {
  if (plan.order.length + plan.skipped.length === 0)
    return isDynamic ? [] : [{ code: 'target-matches-nobody', pointer: '/target', detail: 'matches no device' }];
  return plan.unmatchedWaves.map((wave) => ({
    ...{ code: 'wave-matches-nobody', pointer: `/waves/${wave}/selector` },
    detail: 'matches no device of the target: this wave would be over at once, and the next one begin',
  }));
}
