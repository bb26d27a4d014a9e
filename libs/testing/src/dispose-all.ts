import { TestingError } from './testing.errors.js';

export type Step = readonly [what: string, run: () => Promise<unknown>];

/** Runs every step in order, also when earlier ones fail. @throws TestingError testing.cleanup-failed naming the failed ones */
export async function runAllSteps(steps: readonly Step[]): Promise<void> {
  const failures: { what: string; error: unknown }[] = [];
  for (const [what, run] of steps) {
    try {
      await run();
    } catch (error) {
      failures.push({ what, error });
    }
  }
  if (failures.length === 0) return;
  const message = failures.map(({ what, error }) => `${what}: ${String(error)}`).join('; ');
  const cause = new AggregateError(failures.map(({ error }) => error));
  throw TestingError.permanent('testing.cleanup-failed', `cleaning up failed: ${message}`, { cause });
}

/** The first call does the work, later ones wait for it. */
export function once(work: () => Promise<void>): () => Promise<void> {
  let outcome: Promise<void> | undefined;
  return () => (outcome ??= work());
}
