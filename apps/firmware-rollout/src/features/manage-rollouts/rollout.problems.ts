import { Problem } from '@myelin/service-kit';
import type { AssignmentChange } from '../../domain/assignments/change-assignment.js';
import type { RolloutRefusal } from '../../domain/rollouts/rollout-transitions.js';
import type { RolloutState } from '../../domain/rollouts/rollout.js';

type AssignmentRefused = Extract<AssignmentChange, { outcome: 'refused' }>['refusal'];

/** What is in the way of a release, or that there is none; or of a rollout itself, and where. */
export interface RolloutObstacle {
  readonly code: string;
  /** RFC 6901 pointer into the rollout. */
  readonly pointer?: string;
  readonly detail: string;
}

const rolloutTitles: Readonly<Record<RolloutRefusal, string>> = {
  'not-started': 'Nobody has started the rollout',
  'not-approved': 'The rollout waits for an approval',
  paused: 'The rollout is paused',
  aborting: 'The rollout is being aborted',
  over: 'The rollout is over',
  'own-approval': 'Who has started the rollout may not approve of it as well',
  'no-such-wave': 'The rollout has no such wave',
  'wave-not-begun': 'The wave has not begun',
};

const assignmentTitles: Readonly<Record<AssignmentRefused, string>> = {
  gone: 'What this is about is over',
  'not-offered': 'The device was not offered the firmware yet',
  'already-offered': 'The device was offered the firmware already: it can only be cancelled',
  closed: 'The device is through with the rollout',
  'not-unconfirmed': 'the device is not asked whether it agrees',
  'not-closed': 'The device is not through with the rollout',
  'not-cancelling': 'Nobody has asked the device to stop',
  'device-gone': 'The device is retired or deleted',
};

/** Refusals about rollouts and their assignments. */
export const rolloutProblems = {
  limit: (maximum: number) =>
    new Problem({
      ...{ status: 409, type: 'rollout-limit', title: 'The tenant has as many rollouts that are not over as it may' },
      extensions: { maximum },
    }),

  notDraft: (state: RolloutState) =>
    new Problem({
      ...{ status: 409, type: 'rollout-not-draft', title: 'Only a draft can be changed, deleted or previewed' },
      detail: `the rollout is ${state}`,
    }),

  notRollable: (obstacles: readonly RolloutObstacle[]) =>
    new Problem({
      ...{ status: 409, type: 'release-not-rollable', title: 'The release cannot be rolled out as it is' },
      detail: obstacles.map(({ code }) => code).join(', '),
      extensions: { obstacles },
    }),

  matchesNobody: (obstacles: readonly RolloutObstacle[]) =>
    new Problem({
      ...{ status: 409, type: 'rollout-matches-nobody', title: 'The rollout says of nobody that it is to be updated' },
      detail: obstacles.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; '),
      extensions: { obstacles },
    }),

  refused: (refusal: RolloutRefusal) =>
    new Problem({ status: 409, type: `rollout-${refusal}`, title: rolloutTitles[refusal] }),

  assignmentRefused: (refusal: AssignmentRefused) =>
    new Problem({ status: 409, type: `assignment-${refusal}`, title: assignmentTitles[refusal] }),
};
