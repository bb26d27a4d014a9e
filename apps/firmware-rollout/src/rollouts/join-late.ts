import { writeToOutbox } from '@myelin/outbox';
import type { EntityManager } from 'typeorm';
import { rolloutOfAssignment } from '../assignments/carry-out-effects.js';
import type { ReleaseDemands } from '../domain/rollouts/find-obstacle.js';
import { type JoinableWave, lateJoiner, mayJoin } from '../domain/rollouts/join-late.js';
import { addCounts } from '../persistence/assignment-counts.repository.js';
import { waveSizes } from '../persistence/rollout-lists.repository.js';
import {
  type JoinedDevice,
  countAssignments,
  growWaves,
  insertJoined,
  takeChanged,
} from '../persistence/rollout-joins.repository.js';
import { assignmentChanged } from '../publication/assignment-changed.js';
import type { LockedRollout } from './apply-action.js';
import { applyEvents } from './apply-events.js';

/** Changed devices that one step looks at: it is a transaction, and an operator's action waits for it. */
export const lookedAtOnce = 1_000;

/** Who has a turn after all, without anybody's doing. */
const actor = 'service:firmware-rollout';

/** A rollout that the caller has locked and that was started. */
export interface StartedRollout extends LockedRollout {
  readonly demands: ReleaseDemands;
}

/**
 * Devices that changed since the last step, and match now, become part of a dynamic rollout. What was looked at is stored with what
 * came of it: each change is looked at once, whoever dies when.
 *
 * @returns whether there are more to look at
 * @throws PersistenceError
 */
export async function joinLate(tx: EntityManager, started: StartedRollout, nowMs: number): Promise<boolean> {
  const { record, demands } = started;
  if (!mayJoin(record.rollout)) return false;
  const of = { id: record.rollout.id, tenant: record.tenant };
  const { devices, isLast } = await takeChanged(tx, of, lookedAtOnce);
  if (devices.length === 0) return false;
  const { target } = record.definition;
  const joiner = lateJoiner({ rollout: of.id, target, release: demands, waves: await joinableWaves(tx, started) });
  const joined: Omit<JoinedDevice, 'position'>[] = [];
  const again: string[] = [];
  for (const device of devices) {
    const joining = joiner(device, device.standing);
    if (joining?.kind === 'retry') again.push(device.device);
    else if (joining !== undefined) joined.push({ device: device.device, ...joining });
  }
  const retry = { kind: 'retry', by: actor } as const;
  await applyEvents(tx, rolloutOfAssignment(record), new Map(again.map((device) => [device, retry])), nowMs);
  await add(tx, started, joined, nowMs);
  return !isLast;
}

async function joinableWaves(tx: EntityManager, { record, waves }: StartedRollout): Promise<JoinableWave[]> {
  const sizes = await waveSizes(tx, record.rollout.id);
  return waves.map(({ index, state }) => {
    const written = record.definition.waves[index];
    const selector = written?.kind === 'selector' ? { selector: written.selector } : {};
    return { state, devices: sizes.get(index) ?? 0, ...selector };
  });
}

/** Behind all that have a place already, in the order in which they changed. */
async function add(
  tx: EntityManager,
  { record }: StartedRollout,
  joined: readonly Omit<JoinedDevice, 'position'>[],
  nowMs: number,
): Promise<void> {
  if (joined.length === 0) return;
  const { id } = record.rollout;
  const isDownloadOnly = record.definition.mode.kind === 'download-only';
  const places = await countAssignments(tx, id);
  const placed = joined.map((each, nth) => ({ ...each, position: places + nth }));
  await insertJoined(tx, { id, tenant: record.tenant, isDownloadOnly }, placed, nowMs);
  await addCounts(tx, id, placed.map(countOf));
  const planned = Map.groupBy(
    placed.filter(({ reason }) => reason === undefined),
    ({ wave }) => wave,
  );
  await growWaves(tx, id, new Map([...planned].map(([wave, { length }]) => [wave, length])));
  await writeToOutbox(
    tx,
    placed.map(({ device, wave, reason }) => {
      const to = reason === undefined ? 'planned' : 'skipped';
      const change = { kind: 'join', from: 'planned', to, attempt: 1, version: 2, atMs: nowMs } as const;
      const entry = { rollout: id, device, ...change, ...(reason === undefined ? {} : { reason }) };
      return assignmentChanged(entry, { tenant: record.tenant, rollout: record.name, wave });
    }),
  );
}

function countOf({ wave, reason }: JoinedDevice) {
  return reason === undefined
    ? ({ wave, state: 'planned', devices: 1 } as const)
    : ({ wave, state: 'skipped', reason, devices: 1 } as const);
}
