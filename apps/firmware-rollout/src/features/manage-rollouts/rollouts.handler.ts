import { isDeepStrictEqual } from 'node:util';
import { uuidv7 } from '@myelin/kernel';
import { writeToOutbox } from '@myelin/outbox';
import {
  type Operator,
  type Preconditions,
  actorOf,
  mayPut,
  requireIfMatch,
  validationFailed,
} from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import type { RolloutDefinition } from '../../domain/rollouts/rollout-definition.js';
import type { Rollout } from '../../domain/rollouts/rollout.js';
import type { Firmware } from '../../firmware.js';
import { countHistory } from '../../persistence/release-history.repository.js';
import { findRelease, lockReleases } from '../../persistence/releases.repository.js';
import { countOpenRollouts, deleteRollout, replaceDraft } from '../../persistence/rollout-lists.repository.js';
import {
  type RolloutRecord,
  insertRollout,
  lockRollout,
  saveRolloutChange,
} from '../../persistence/rollouts.repository.js';
import { rolloutChanged } from '../../publication/rollout-changed.js';
import { noteHistory } from '../../releases/note-history.js';
import { holdRollout } from './rollout-facts.js';
import { rolloutProblems } from './rollout.problems.js';

/** Of a tenant, that are not over. */
export const maxOpenRollouts = 1_000;

export interface PutRollout extends Preconditions {
  readonly rollout: string;
  readonly definition: RolloutDefinition;
  readonly weight: number;
}

/**
 * What the draft says already is put without a change, whatever `If-Match` says (RFC 9110, 13.1.1).
 * @throws Problem 400 without such a release; 409 rollout-not-draft, rollout-limit; 412, 428
 */
export function putRollout(
  firmware: Firmware,
  operator: Operator,
  command: PutRollout,
): Promise<{ record: RolloutRecord; created: boolean }> {
  const { tenant } = operator;
  return firmware.change(async (tx) => {
    // Whoever is at the rollout is waited for before the tenant's releases are held: all do it in this order.
    const found = await lockRollout(tx, tenant, command.rollout);
    await lockReleases(tx, tenant);
    const before = found ?? (await lockRollout(tx, tenant, command.rollout));
    if (before !== undefined && isRepeated(before, command)) return { record: before, created: false };
    if (before !== undefined && before.rollout.state !== 'draft') throw rolloutProblems.notDraft(before.rollout.state);
    mayPut(before === undefined ? null : before.rollout, command);
    if (before === undefined && (await countOpenRollouts(tx, tenant)) >= maxOpenRollouts)
      throw rolloutProblems.limit(maxOpenRollouts);
    await checkRelease(tx, tenant, command.definition);
    const by = { actor: actorOf(operator), nowMs: firmware.clock.nowMs() };
    const record =
      before === undefined ? await newDraft(tx, tenant, command, by) : await changedDraft(tx, before, command, by);
    return { record, created: before === undefined };
  });
}

/** @throws Problem 404; 409 rollout-not-draft; 412, 428 */
export function deleteDraft(
  firmware: Firmware,
  operator: Operator,
  { rollout, ifMatch }: { readonly rollout: string; readonly ifMatch: string | undefined },
): Promise<void> {
  const { tenant } = operator;
  return firmware.change(async (tx) => {
    const record = await holdRollout(tx, tenant, rollout);
    await lockReleases(tx, tenant);
    if (record.rollout.state !== 'draft') throw rolloutProblems.notDraft(record.rollout.state);
    requireIfMatch(ifMatch, record.rollout.version);
    await deleteRollout(tx, record.rollout.id);
    await note(tx, record, { actor: actorOf(operator), nowMs: firmware.clock.nowMs() }, 'deleted');
  });
}

interface By {
  readonly actor: string;
  readonly nowMs: number;
}

/** Its versions go on above those of a deleted draft of this name, each of which has left a record: no ETag comes twice. */
async function newDraft(
  tx: EntityManager,
  tenant: string,
  { rollout: name, definition, weight }: PutRollout,
  by: By,
): Promise<RolloutRecord> {
  const version = 1 + (await countHistory(tx, tenant, rolloutEntity(name)));
  const { settings } = definition;
  const rollout: Rollout = {
    ...{ id: uuidv7(by.nowMs), weight, createdAtMs: by.nowMs, settings, state: 'draft', version },
  };
  const record = { tenant, name, definition, createdBy: by.actor, waitsFor: [], rollout };
  await insertRollout(tx, record);
  await note(tx, record, by, 'created');
  return record;
}

async function changedDraft(
  tx: EntityManager,
  before: RolloutRecord,
  { definition, weight }: PutRollout,
  by: By,
): Promise<RolloutRecord> {
  const { id, version: last } = before.rollout;
  const version = last + 1;
  const rollout = { ...before.rollout, weight, settings: definition.settings, version };
  const record = { ...before, definition, rollout };
  await replaceDraft(tx, id, { definition, weight, version });
  const states = { from: 'draft', to: 'draft' } as const;
  const entry = { rollout: id, version, kind: 'change', ...states, atMs: by.nowMs, by: by.actor } as const;
  await saveRolloutChange(tx, { rollout, entry });
  const of = { tenant: before.tenant, rollout: before.name, release: definition.release };
  await writeToOutbox(tx, [rolloutChanged(entry, of)]);
  await note(tx, record, by, 'changed');
  return record;
}

const rolloutEntity = (rollout: string): string => `rollout:${rollout}`;

async function note(
  tx: EntityManager,
  { tenant, name }: RolloutRecord,
  { actor, nowMs }: By,
  action: 'created' | 'changed' | 'deleted',
): Promise<void> {
  await noteHistory(tx, [{ tenant, entity: rolloutEntity(name), at: new Date(nowMs), actor, action }]);
}

/** The order of members has no meaning. */
function isRepeated({ definition, rollout }: RolloutRecord, command: PutRollout): boolean {
  if (command.ifNoneMatch !== undefined || rollout.weight !== command.weight) return false;
  return isDeepStrictEqual(definition, JSON.parse(JSON.stringify(command.definition)));
}

async function checkRelease(tx: EntityManager, tenant: string, { release }: RolloutDefinition): Promise<void> {
  if ((await findRelease(tx, tenant, release)) !== null) return;
  throw validationFailed([{ pointer: '/release', detail: 'there is no such release' }]);
}
