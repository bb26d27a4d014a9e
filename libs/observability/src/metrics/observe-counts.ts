import type { MetricDeclaration } from '../schema/metric-declaration.js';
import { observe } from './instruments.js';

export interface Counted {
  /** One of the values that the attribute is declared with. */
  readonly value: string;
  readonly count: number;
}

/**
 * A gauge of how many there are of each value of its only attribute, from what costs a query: read at most once in `forMs`,
 * however often metrics are collected. A value that nobody has is 0. @returns ends it
 */
export function observeCounts(
  declaration: MetricDeclaration,
  read: () => Promise<readonly Counted[]>,
  forMs: number,
): () => void {
  const [attribute = '', bounds] = Object.entries(declaration.attributes)[0] ?? [];
  let known: { readonly counts: Promise<readonly Counted[]>; readonly untilMs: number } | undefined;
  return observe(declaration, async (tell) => {
    const nowMs = performance.now();
    if (known === undefined || nowMs >= known.untilMs) known = { counts: read(), untilMs: nowMs + forMs };
    const counts = await known.counts.catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    const byValue = new Map(counts.map(({ value, count }) => [value, count]));
    for (const value of bounds?.values ?? []) tell(byValue.get(value) ?? 0, { [attribute]: value });
  });
}
