/** One thing that is wrong with a definition: where (RFC 6901) and what, in words that complete "it ...". */
export interface Problem {
  readonly pointer: string;
  readonly problem: string;
}

/** Nobody reads more than these; the rest is not collected. */
const maxProblems = 50;

/** Collects what is wrong with one definition, so that its author hears of all of it at once. */
export class Problems {
  readonly found: Problem[] = [];

  add(pointer: string, problem: string): void {
    if (this.found.length < maxProblems) this.found.push({ pointer, problem });
  }

  /** Says whether the condition holds; if not, that is a problem. */
  expect(holds: boolean, pointer: string, problem: string): boolean {
    if (!holds) this.add(pointer, problem);
    return holds;
  }
}

export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

export function checked<T>(value: T, { found }: Problems): Checked<T> {
  return found.length === 0 ? { ok: true, value } : { ok: false, problems: found };
}
