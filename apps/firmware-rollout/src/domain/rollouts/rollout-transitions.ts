import type { RolloutState } from './rollout.js';

export type RolloutActionKind =
  | ('start' | 'approve' | 'pause' | 'resume' | 'abort' | 'approve-wave' | 'advance')
  | ('start-wave' | 'finish-wave' | 'reopen-wave' | 'complete-wave' | 'succeed' | 'finish-abort');

export const rolloutRefusals = [
  /** Nobody has started it. */
  'not-started',
  /** It waits for an approval. */
  'not-approved',
  'paused',
  /** It ends. */
  'aborting',
  /** It has ended. */
  'over',
  /** Who has started it may not approve of it as well. */
  'own-approval',
  'no-such-wave',
  /** It, or the one before it, is still to come. */
  'wave-not-begun',
] as const;
export type RolloutRefusal = (typeof rolloutRefusals)[number];

export type RolloutTransition =
  /** `to` is absent where the rollout stays in its state; `approval`: not everybody may. */
  | { readonly kind: 'go'; readonly to?: RolloutState; readonly approval?: true }
  /** It is so already. */
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly refusal: RolloutRefusal };

type Row = Readonly<Record<RolloutActionKind, RolloutTransition>>;

const go = (to: RolloutState): RolloutTransition => ({ kind: 'go', to });
const stay: RolloutTransition = { kind: 'go' };
const repeated: RolloutTransition = { kind: 'repeated' };

/** Every state and everything that can be done in it. */
export const rolloutTransitions: Readonly<Record<RolloutState, Row>> = {
  draft: { ...allRefused('not-started'), start: go('running'), abort: go('aborting') },
  'waiting-for-approval': {
    ...allRefused('not-approved'),
    start: repeated,
    approve: { kind: 'go', to: 'running', approval: true },
    abort: go('aborting'),
  },
  running: {
    start: repeated,
    approve: repeated,
    pause: go('paused'),
    resume: repeated,
    abort: go('aborting'),
    'approve-wave': { kind: 'go', approval: true },
    advance: stay,
    'start-wave': stay,
    'finish-wave': stay,
    'reopen-wave': stay,
    'complete-wave': stay,
    succeed: go('succeeded'),
    'finish-abort': { kind: 'refused', refusal: 'not-started' },
  },
  paused: {
    ...allRefused('paused'),
    start: repeated,
    approve: repeated,
    pause: repeated,
    resume: go('running'),
    abort: go('aborting'),
    'approve-wave': { kind: 'go', approval: true },
  },
  aborting: { ...allRefused('aborting'), abort: repeated, 'finish-abort': go('aborted') },
  aborted: { ...allRefused('over'), abort: repeated, 'finish-abort': repeated },
  succeeded: { ...allRefused('over'), succeed: repeated },
};

function allRefused(refusal: RolloutRefusal): Row {
  const refused: RolloutTransition = { kind: 'refused', refusal };
  return {
    start: refused,
    approve: refused,
    pause: refused,
    resume: refused,
    abort: refused,
    'approve-wave': refused,
    advance: refused,
    'start-wave': refused,
    'finish-wave': refused,
    'reopen-wave': refused,
    'complete-wave': refused,
    succeed: refused,
    'finish-abort': refused,
  };
}
