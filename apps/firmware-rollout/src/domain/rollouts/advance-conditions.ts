import type { Approval } from './rollout.js';
import type { TallySummary } from './tally.js';
import { type Verdict, holds, never, notYet } from './verdict.js';
import { type WeeklyWindow, isInWindow } from './weekly-windows.js';

/** What must hold before a wave is done. */
export type AdvanceCondition =
  /** Of those who succeeded or did not; 0 to 1. */
  | { readonly kind: 'success-share'; readonly atLeast: number }
  /** Since nobody of the wave is waiting or at work. */
  | { readonly kind: 'soak-time'; readonly ms: number }
  | { readonly kind: 'approval'; readonly by: Approval }
  | { readonly kind: 'windows'; readonly weekly: readonly WeeklyWindow[]; readonly timeZone: string }
  /** No gateway is overloaded. Nobody is offered anything either while one is. */
  | { readonly kind: 'calm-gateways' }
  /** Somebody else judges, by the name under which it answers. */
  | { readonly kind: 'judged'; readonly by: string };

/** What conditions know of a wave that soaks. */
export interface AdvanceFacts {
  readonly nowMs: number;
  readonly summary: Pick<TallySummary, 'succeeded' | 'unsuccessful'>;
  readonly finishedAtMs: number;
  readonly approvedBy?: string;
  readonly overloadedUntilMs?: number;
  /** Answers of those who judge, by name. */
  readonly judgements: Readonly<Record<string, Verdict>>;
}

type ConditionOf<Kind extends AdvanceCondition['kind']> = Extract<AdvanceCondition, { kind: Kind }>;
type Judges = {
  readonly [Kind in AdvanceCondition['kind']]: (condition: ConditionOf<Kind>, facts: AdvanceFacts) => Verdict;
};

/** A condition more is a member more, here and above. */
const judges: Judges = {
  'success-share': ({ atLeast }, { summary: { succeeded, unsuccessful } }) => {
    const total = succeeded + unsuccessful;
    if (total === 0 || succeeded / total >= atLeast) return holds;
    return never(`${succeeded} of ${total} devices have succeeded, and ${percent(atLeast)} have to`);
  },
  'soak-time': ({ ms }, { finishedAtMs, nowMs }) =>
    nowMs >= finishedAtMs + ms ? holds : notYet(`the wave soaks until ${new Date(finishedAtMs + ms).toISOString()}`),
  approval: ({ by }, { approvedBy }) => {
    if (approvedBy !== undefined) return holds;
    return notYet(
      by === 'anyone' ? 'somebody has to approve' : 'somebody has to approve who has not started the rollout',
    );
  },
  windows: ({ weekly, timeZone }, { nowMs }) =>
    isInWindow(weekly, timeZone, nowMs) ? holds : notYet(`no window is open (${timeZone})`),
  'calm-gateways': (_, facts) => calmOf(facts),
  judged: ({ by }, { judgements }) =>
    (Object.hasOwn(judgements, by) ? judgements[by] : undefined) ?? notYet(`${by} has not answered yet`),
};

/** One verdict per condition, in their order. */
export function judgeAdvance(conditions: readonly AdvanceCondition[], facts: AdvanceFacts): Verdict[] {
  return conditions.map((condition) => judge(condition, facts));
}

function judge<Kind extends AdvanceCondition['kind']>(condition: ConditionOf<Kind>, facts: AdvanceFacts): Verdict {
  return judges[condition.kind as Kind](condition, facts);
}

export function calmOf({ overloadedUntilMs = 0, nowMs }: Pick<AdvanceFacts, 'overloadedUntilMs' | 'nowMs'>): Verdict {
  if (nowMs >= overloadedUntilMs) return holds;
  return notYet(`a gateway is overloaded until ${new Date(overloadedUntilMs).toISOString()} at least`);
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10}%`;
}
