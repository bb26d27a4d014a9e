import { setTimeout as delay } from 'node:timers/promises';
import { TraceVerifierError } from '../trace-verifier.errors.js';

/** Asks until there is an answer. @throws TraceVerifierError trace-verifier.not-reached */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined> | Answer | undefined,
  patienceMs = 60_000,
): Promise<Answer> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > endMs)
      throw TraceVerifierError.permanent('trace-verifier.not-reached', `waited ${patienceMs} ms for ${what}`);
    await delay(50);
  }
}
