import { uuidOfName } from '@myelin/kernel';
import type { EncodedRecord } from '@myelin/messaging';
import type { EntityManager } from 'typeorm';
import type { AssignmentEffect } from '../domain/assignments/assignment-transitions.js';
import { type Assignment, begunOf } from '../domain/assignments/assignment.js';
import type { UpdateMode } from '../domain/rollouts/rollout-definition.js';
import type { RolloutSettings } from '../domain/rollouts/rollout.js';
import { type Shown, showDevice } from '../persistence/device-updates.repository.js';
import { beginInstallation, endInstallation } from '../persistence/installations.repository.js';
import type { RolloutRecord } from '../persistence/rollouts.repository.js';
import { installationState, updateState } from '../publication/device-states.js';

/** A rollout, as its assignments need to know it. */
export interface RolloutOfAssignment {
  readonly id: string;
  readonly tenant: string;
  /** The slug. */
  readonly rollout: string;
  readonly release: string;
  readonly releaseVersion: string;
  readonly mode: UpdateMode;
  /** Devices have to agree first. */
  readonly needsConfirmation?: boolean;
  readonly windows?: RolloutSettings['windows'];
}

/** Of one that was started: of no other there are assignments. */
export function rolloutOfAssignment({
  tenant,
  name,
  definition,
  demands,
  rollout,
}: RolloutRecord): RolloutOfAssignment {
  const { release, mode, needsConfirmation = false } = definition;
  const names = { id: rollout.id, tenant, rollout: name, release, releaseVersion: demands?.version ?? '' };
  return { ...names, mode, needsConfirmation, windows: rollout.settings.windows };
}

/** What the world around is told of a change, stored in the transaction of the change. @returns what is to be published */
export async function carryOutEffects(
  tx: EntityManager,
  of: RolloutOfAssignment,
  changed: { readonly assignment: Assignment; readonly effects: readonly AssignmentEffect[] },
  nowMs: number,
): Promise<EncodedRecord[]> {
  const records: EncodedRecord[] = [];
  for (const effect of changed.effects) records.push(await carryOut(tx, of, changed.assignment, effect, nowMs));
  return records;
}

async function carryOut(
  tx: EntityManager,
  of: RolloutOfAssignment,
  assignment: Assignment,
  effect: AssignmentEffect,
  nowMs: number,
): Promise<EncodedRecord> {
  const { device, state, dueAtMs = nowMs, attempt } = assignment;
  const { tenant, release } = of;
  const now = new Date(nowMs);
  const installation = installationOf(of, device, attempt);
  const ofDevice = { tenant, device, installation, firmware: release, startedAt: now };
  switch (effect) {
    case 'show-deployment':
    case 'show-confirmation':
    case 'show-cancel':
    case 'show-nothing':
      return updateState(await showDevice(tx, { tenant, device }, shownBy(effect, of, assignment)), nowMs);
    case 'tell-installation-began':
      return installationState(await beginInstallation(tx, { ...ofDevice, expectedUntil: new Date(dueAtMs) }), nowMs);
    case 'tell-installation-succeeded':
    case 'tell-installation-failed': {
      const ended = { ...ofDevice, expectedUntil: now, endedAt: now };
      const row = await endInstallation(tx, { ...ended, state: state === 'succeeded' ? 'installed' : 'failed' });
      return installationState(row, nowMs);
    }
  }
}

/** The id of the installation that an attempt is. */
export function installationOf({ id }: Pick<RolloutOfAssignment, 'id'>, device: string, attempt: number): string {
  return uuidOfName(`${id}\n${device}\n${attempt}`);
}

function shownBy(
  effect: Extract<AssignmentEffect, `show-${string}`>,
  { mode, windows }: RolloutOfAssignment,
  { actionId, state }: Assignment,
): Shown {
  // Whatever is shown was offered: it has an action.
  const action = actionId as number;
  if (effect === 'show-deployment')
    return { shown: 'deployment', actionId: action, mode, windows, begun: begunOf(state) };
  if (effect === 'show-confirmation') return { shown: 'confirmation', actionId: action, mode };
  if (effect === 'show-cancel') return { shown: 'cancel', actionId: action };
  return { shown: 'nothing', actionId: action, succeeded: state === 'succeeded' };
}
