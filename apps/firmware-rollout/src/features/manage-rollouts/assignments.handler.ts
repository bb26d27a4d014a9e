import { type Operator, actorOf } from '@myelin/service-kit';
import { applyEvent } from '../../assignments/apply-event.js';
import { rolloutOfAssignment } from '../../assignments/carry-out-effects.js';
import type { AssignmentEvent } from '../../domain/assignments/change-assignment.js';
import type { RolloutRefusal } from '../../domain/rollouts/rollout-transitions.js';
import type { RolloutState } from '../../domain/rollouts/rollout.js';
import type { Firmware } from '../../firmware.js';
import { type AssignmentRow, findAssignment } from '../../persistence/assignment-lists.repository.js';
import { problems } from '../../problems.js';
import { holdRollout } from './rollout-facts.js';
import { rolloutProblems } from './rollout.problems.js';

export type AssignmentAction = 'cancel' | 'skip' | 'retry';

/** Nobody is planned anew in a rollout that ends. */
const noRetries: Readonly<Partial<Record<RolloutState, RolloutRefusal>>> = {
  aborting: 'aborting',
  aborted: 'over',
  succeeded: 'over',
};

/**
 * One action of an operator on a device of a rollout. The rollout is locked first: it does not end over a device that is planned anew.
 * @throws Problem 404; 409 assignment-<refusal>, and of a retry rollout-aborting, rollout-over
 */
export function actOnAssignment(
  firmware: Firmware,
  operator: Operator,
  of: { readonly rollout: string; readonly device: string; readonly action: AssignmentAction },
): Promise<AssignmentRow> {
  const { tenant } = operator;
  const { rollout: name, device, action } = of;
  return firmware.change(async (tx) => {
    const record = await holdRollout(tx, tenant, name);
    const { id, state, settings } = record.rollout;
    const refusal = action === 'retry' ? noRetries[state] : undefined;
    if (refusal !== undefined) throw rolloutProblems.refused(refusal);
    const event = eventOf(action, actorOf(operator), settings.timeoutMs);
    const change = await applyEvent(tx, rolloutOfAssignment(record), { device, event }, firmware.clock.nowMs());
    if (change?.outcome === 'refused') throw rolloutProblems.assignmentRefused(change.refusal);
    const row = await findAssignment(tx, id, device);
    if (row === null) throw problems.notFound('assignment');
    return row;
  });
}

function eventOf(action: AssignmentAction, by: string, timeoutMs: number): AssignmentEvent {
  switch (action) {
    case 'cancel':
      return { kind: 'cancel', cause: 'operator', timeoutMs, by };
    case 'skip':
      return { kind: 'skip', reason: 'operator', by };
    case 'retry':
      return { kind: 'retry', by };
  }
}
