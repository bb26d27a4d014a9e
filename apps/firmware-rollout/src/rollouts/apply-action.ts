import { traceparentOf } from '@myelin/observability';
import { writeToOutbox } from '@myelin/outbox';
import { type Context, context } from '@opentelemetry/api';
import type { EntityManager } from 'typeorm';
import { type RolloutAction, type RolloutChange, changeRollout } from '../domain/rollouts/change-rollout.js';
import type { Wave } from '../domain/rollouts/rollout.js';
import { type RolloutRecord, saveRolloutChange } from '../persistence/rollouts.repository.js';
import { rolloutChanged } from '../publication/rollout-changed.js';
import { type ChangedRollout, traceRolloutChange } from './rollout-span.js';

/** A rollout that the caller has locked, and its waves. */
export interface LockedRollout {
  readonly record: RolloutRecord;
  readonly waves: readonly Wave[];
}

/** One action on a rollout: its state, a wave's, its history and what is published change together. @throws PersistenceError */
export async function applyAction(
  tx: EntityManager,
  { record, waves }: LockedRollout,
  action: RolloutAction,
  nowMs: number,
): Promise<RolloutChange> {
  const decided = changeRollout(record.rollout, waves, action, nowMs);
  if (decided.outcome !== 'changed') return decided;
  const { at, traceparent } = traceRolloutChange(tx, record, decided);
  const change = action.kind === 'start-wave' ? withTrace(decided, at) : decided;
  await saveRolloutChange(tx, change, traceparent);
  const of = { tenant: record.tenant, rollout: record.name, release: record.definition.release };
  await writeToOutbox(tx, [context.with(at, () => rolloutChanged(change.entry, of))]);
  return change;
}

/** What the first devices of a wave are told later goes on where it began. */
function withTrace({ wave, ...change }: ChangedRollout, at: Context): ChangedRollout {
  const traceparent = traceparentOf(at);
  if (wave === undefined || traceparent === undefined) return wave === undefined ? change : { ...change, wave };
  return { ...change, wave: { ...wave, traceparent } };
}

/** As the rollout is after a change. */
export function lockedAfter(locked: LockedRollout, change: RolloutChange): LockedRollout {
  if (change.outcome !== 'changed') return locked;
  const { rollout, wave } = change;
  return {
    record: { ...locked.record, rollout },
    waves: locked.waves.map((each) => (each.index === wave?.index ? wave : each)),
  };
}
