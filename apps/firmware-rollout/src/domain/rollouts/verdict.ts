/** What a condition says. */
export type Verdict =
  | { readonly holds: true }
  | {
      readonly holds: false;
      /** For operators. */
      readonly why: string;
      /** Waiting does not help: somebody has to look at it. */
      readonly isFinal: boolean;
    };

export const holds: Verdict = { holds: true };

export function notYet(why: string): Verdict {
  return { holds: false, why, isFinal: false };
}

export function never(why: string): Verdict {
  return { holds: false, why, isFinal: true };
}
