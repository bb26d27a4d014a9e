import { type Operator, actorOf, requireIfMatch } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import { type RolloutAction, changeRollout } from '../../domain/rollouts/change-rollout.js';
import type { Excused } from '../../domain/rollouts/rollout.js';
import { type Tally, summaryOf, tallyKeyOf } from '../../domain/rollouts/tally.js';
import type { Firmware } from '../../firmware.js';
import { readCounts } from '../../persistence/assignment-counts.repository.js';
import { lockReleases } from '../../persistence/releases.repository.js';
import { findWaves } from '../../persistence/rollouts.repository.js';
import { type LockedRollout, applyAction, lockedAfter } from '../../rollouts/apply-action.js';
import { rollableRelease } from './rollable-release.js';
import { holdRollout, readFacts } from './rollout-facts.js';
import type { RolloutFacts } from './rollout-view.dto.js';
import { rolloutProblems } from './rollout.problems.js';

/** What an operator asks for; who asks, and what was counted, is added here. */
export type AskedAction =
  | { readonly kind: 'approve' | 'resume' }
  | { readonly kind: 'pause' | 'abort'; readonly reason: string }
  | { readonly kind: 'approve-wave' | 'advance'; readonly wave: number };

export interface ActOnRollout {
  readonly rollout: string;
  /** Where it is given, it must hold for what changes something. */
  readonly ifMatch: string | undefined;
  readonly asked: AskedAction;
}

/** After these devices may be given the release that were not before: it may have changed since the start. */
const goOn: readonly AskedAction['kind'][] = ['approve', 'resume', 'approve-wave', 'advance'];

/**
 * One action of an operator on a rollout; what is so already stays so, and a request can be repeated.
 * @throws Problem 404; 409 rollout-<refusal>, release-not-rollable with every obstacle where it would go on; 412
 */
export function actOnRollout(
  firmware: Firmware,
  operator: Operator,
  { rollout: name, ifMatch, asked }: ActOnRollout,
): Promise<RolloutFacts> {
  const { tenant } = operator;
  const goesOn = goOn.includes(asked.kind);
  return firmware.change(async (tx) => {
    const record = await holdRollout(tx, tenant, name);
    if (goesOn) await lockReleases(tx, tenant);
    const locked: LockedRollout = { record, waves: await findWaves(tx, record.rollout.id) };
    const action = await actionOf(tx, locked, asked, actorOf(operator));
    const nowMs = firmware.clock.nowMs();
    const expected = changeRollout(record.rollout, locked.waves, action, nowMs);
    if (expected.outcome === 'refused') throw rolloutProblems.refused(expected.refusal);
    if (expected.outcome === 'changed') {
      if (ifMatch !== undefined) requireIfMatch(ifMatch, record.rollout.version);
      if (goesOn) await rollableRelease(tx, tenant, record.definition.release, nowMs);
      const after = lockedAfter(locked, await applyAction(tx, locked, action, nowMs));
      // One that was never started has nobody to wait for, and no steps that would end it.
      if (asked.kind === 'abort' && record.demands === undefined)
        await applyAction(tx, after, { kind: 'finish-abort' }, nowMs);
    }
    return readFacts(tx, tenant, name);
  });
}

async function actionOf(
  tx: EntityManager,
  locked: LockedRollout,
  asked: AskedAction,
  by: string,
): Promise<RolloutAction> {
  switch (asked.kind) {
    case 'approve':
      return { kind: 'approve', by };
    case 'resume':
      return { kind: 'resume', by, excused: await excusedOf(tx, locked) };
    case 'pause':
      return { kind: 'pause', reason: 'operator', detail: asked.reason, by };
    case 'abort':
      return { kind: 'abort', cause: 'abort', detail: asked.reason, by };
    case 'approve-wave':
    case 'advance':
      return { kind: asked.kind, wave: asked.wave, by };
  }
}

/** What the current wave was paused for, if it was: it is not held against it again. */
async function excusedOf(tx: EntityManager, { record, waves }: LockedRollout): Promise<Excused> {
  const current = waves.find(({ state }) => state === 'running' || state === 'soaking');
  const counts = (await readCounts(tx, record.rollout.id)).filter(({ wave }) => wave === current?.index);
  const tally: Tally = Object.fromEntries(counts.map((count) => [tallyKeyOf(count), count.devices]));
  const { succeeded, unsuccessful } = summaryOf(tally);
  return { succeeded, unsuccessful };
}
