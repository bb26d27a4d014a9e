import { isDeepStrictEqual } from 'node:util';
import { type Operator, actorOf } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import { type Envelope, openEnvelope } from '../../domain/manifests/envelope.js';
import { examineManifest } from '../../domain/manifests/examine-manifest.js';
import { counterFaults } from '../../domain/manifests/release-counter.js';
import type { ReleaseRecord } from '../../domain/releases/release.js';
import type { Firmware } from '../../firmware.js';
import { findRelease, greatestCounter, lockReleases, replaceRelease } from '../../persistence/releases.repository.js';
import { problems } from '../../problems.js';
import { readJudging } from '../../releases/judging.js';
import { noteHistory, releaseEntity } from '../../releases/note-history.js';
import { releaseProblems } from '../../releases/release.problems.js';

/** What one signer at a time may bring: how many there must be is asked when the release is published. */
const leastSigners = 1;

/**
 * Keeps a manifest that is right in everything, and signed by an active key at least.
 * @throws Problem 400 manifest-refused with every fault; 404; 409 release-not-draft
 */
export function putManifest(
  firmware: Firmware,
  operator: Operator,
  { release, body }: { readonly release: string; readonly body: unknown },
): Promise<ReleaseRecord> {
  const { tenant } = operator;
  const opened = openEnvelope(body);
  if (!opened.ok) throw releaseProblems.manifestRefused(opened.faults);
  const { envelope } = opened.value;
  return firmware.change(async (tx) => {
    await lockReleases(tx, tenant);
    const row = await findRelease(tx, tenant, release);
    if (row === null) throw problems.notFound('release');
    if (isDeepStrictEqual(row.manifest, envelope)) return row;
    if (row.state !== 'draft') throw releaseProblems.notDraft(row.state);
    const now = new Date(firmware.clock.nowMs());
    const next = {
      ...row,
      manifest: envelope,
      revision: row.revision + 1,
      updatedAt: now,
      updatedBy: actorOf(operator),
    };
    await refuseWrong(tx, next, envelope, now.getTime());
    await replaceRelease(tx, next);
    const deed = {
      tenant,
      entity: releaseEntity(release),
      at: now,
      actor: next.updatedBy,
      action: 'manifest-put',
    } as const;
    await noteHistory(tx, [deed]);
    return next;
  });
}

async function refuseWrong(tx: EntityManager, row: ReleaseRecord, envelope: Envelope, nowMs: number): Promise<void> {
  const { judged, keys } = await readJudging(tx, row);
  const examination = { keys, counted: ['active'], threshold: leastSigners, nowMs } as const;
  const { manifest, faults } = examineManifest(envelope, judged, examination);
  const counter = manifest === undefined ? [] : counterFaults(manifest.releaseCounter, await greatestCounter(tx, row));
  const all = [...faults, ...counter];
  if (all.length > 0) throw releaseProblems.manifestRefused(all);
}
