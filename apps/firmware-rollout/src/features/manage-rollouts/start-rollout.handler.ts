import { type Operator, actorOf, requireIfMatch } from '@myelin/service-kit';
import type { ReleaseRecord } from '../../domain/releases/release.js';
import { changeRollout } from '../../domain/rollouts/change-rollout.js';
import type { ReleaseDemands } from '../../domain/rollouts/find-obstacle.js';
import { obstaclesInPlan } from '../../domain/rollouts/obstacles-in-plan.js';
import { type Plan, devicesOfWave } from '../../domain/rollouts/plan-waves.js';
import type { Firmware } from '../../firmware.js';
import { lockReleases } from '../../persistence/releases.repository.js';
import type { RolloutRecord } from '../../persistence/rollouts.repository.js';
import { beginRollout, planOf } from '../../rollouts/begin-rollout.js';
import type { RolloutPreview } from './preview.dto.js';
import { existingRelease, obstaclesOfRelease, rollableRelease } from './rollable-release.js';
import { holdRollout, readFacts, readRollout } from './rollout-facts.js';
import type { RolloutFacts } from './rollout-view.dto.js';
import { rolloutProblems } from './rollout.problems.js';

/** Devices of each wave, and missing ones, that a preview names. */
export const previewed = 100;

/**
 * Plans a draft and starts it, if its release may be rolled out; what is started already stays as it is, so that a request can be
 * repeated. @throws Problem 404; 409 release-not-rollable and rollout-matches-nobody with every obstacle, rollout-aborting, rollout-over;
 * 412, 428
 */
export function startRollout(
  firmware: Firmware,
  operator: Operator,
  { rollout: name, ifMatch }: { readonly rollout: string; readonly ifMatch: string | undefined },
): Promise<RolloutFacts> {
  const { tenant } = operator;
  const by = actorOf(operator);
  return firmware.change(async (tx) => {
    const record = await holdRollout(tx, tenant, name);
    const nowMs = firmware.clock.nowMs();
    const expected = changeRollout(record.rollout, [], { kind: 'start', by }, nowMs);
    if (expected.outcome === 'refused') throw rolloutProblems.refused(expected.refusal);
    if (expected.outcome === 'repeated') return readFacts(tx, tenant, name);
    requireIfMatch(ifMatch, record.rollout.version);
    const release = await rollableRelease(tx, tenant, record.definition.release, nowMs);
    await beginRollout(tx, { record, demands: demandsOf(release), by, accept: mayBegin(record) }, nowMs);
    // Planning takes its time, and nobody else of the tenant waits for it: only then the releases are held, and asked again.
    await lockReleases(tx, tenant);
    await rollableRelease(tx, tenant, record.definition.release, firmware.clock.nowMs());
    return readFacts(tx, tenant, name);
  });
}

/** What a start would plan now; nothing changes. @throws Problem 404; 409 rollout-not-draft, release-not-rollable without one */
export function previewRollout(firmware: Firmware, tenant: string, name: string): Promise<RolloutPreview> {
  return firmware.read(async (db) => {
    const record = await readRollout(db, tenant, name);
    if (record.rollout.state !== 'draft') throw rolloutProblems.notDraft(record.rollout.state);
    const release = await existingRelease(db, tenant, record.definition.release);
    const plan = await planOf(db, record, demandsOf(release));
    const inRelease = await obstaclesOfRelease(db, release, firmware.clock.nowMs());
    return { ...previewOf(plan), obstacles: [...inRelease, ...obstaclesInPlan(plan, record.definition)] };
  });
}

function mayBegin({ definition }: RolloutRecord): (plan: Plan) => void {
  return (plan) => {
    const obstacles = obstaclesInPlan(plan, definition);
    if (obstacles.length > 0) throw rolloutProblems.matchesNobody(obstacles);
  };
}

function demandsOf({ definition }: ReleaseRecord): ReleaseDemands {
  const { profile, version, hardware: hardwareIds, minimumVersion } = definition;
  return { profile, version, hardwareIds, ...(minimumVersion === undefined ? {} : { minimumVersion }) };
}

function previewOf(plan: Plan): Omit<RolloutPreview, 'obstacles'> {
  const waves = plan.sizes.map((devices, wave) => ({ wave, devices, first: firstOf(plan, wave) }));
  const skipped = Object.entries(plan.skippedBy).map(([reason, devices]) => ({
    ...{ reason: reason as keyof Plan['skippedBy'], devices },
  }));
  return { devices: plan.order.length, waves, skipped, missing: plan.missing.slice(0, previewed) };
}

function firstOf(plan: Plan, wave: number): string[] {
  const devices: string[] = [];
  for (const device of devicesOfWave(plan, wave)) if (devices.push(device) === previewed) break;
  return devices;
}
