import type { Logger } from '@myelin/observability';

export interface StopStep {
  readonly name: string;
  /** The most of what is left that this step may use, 0 to 1. What comes after it must get its turn. */
  readonly share: number;
  /** `remainingMs`: what the step may use. May go on after it; the sequence then leaves it behind. */
  run(remainingMs: number): Promise<unknown>;
}

/**
 * Runs the steps one after another within `deadlineMs`. A step that fails or takes too long is logged and the next one
 * starts. Gives 0 when all went well, otherwise 1. Never rejects.
 */
export async function runStopSequence(steps: readonly StopStep[], deadlineMs: number, logger: Logger): Promise<0 | 1> {
  const endsAt = performance.now() + deadlineMs;
  let code: 0 | 1 = 0;
  for (const step of steps) {
    const remainingMs = Math.max(0, (endsAt - performance.now()) * step.share);
    try {
      await within(step.run(remainingMs), remainingMs);
    } catch (error) {
      code = 1;
      logger.error({ step: step.name, err: error }, 'a step of the stop failed');
    }
  }
  return code;
}

async function within(work: Promise<unknown>, limitMs: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not done within ${Math.round(limitMs)} ms`)), limitMs);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
