import { type Operator, type Preconditions, actorOf, mayPut } from '@myelin/service-kit';
import {
  type FirmwarePolicy,
  type FirmwarePolicyRecord,
  policiesPerTenant,
} from '../../domain/manifests/firmware-policy.js';
import type { Firmware } from '../../firmware.js';
import {
  countFirmwarePolicies,
  findFirmwarePolicy,
  saveFirmwarePolicy,
} from '../../persistence/firmware-policies.repository.js';
import { lockReleases } from '../../persistence/releases.repository.js';
import { firmwarePolicyEntity, noteHistory } from '../../releases/note-history.js';
import { releaseProblems } from '../../releases/release.problems.js';
import { reviewReleases } from '../../releases/review-releases.js';

export interface PutFirmwarePolicy extends Preconditions {
  readonly profile: string;
  readonly policy: FirmwarePolicy;
}

/**
 * What the policy says already is put without a change. Published releases of the profile are judged anew.
 * @throws Problem 409 firmware-policy-limit; 412 and 428
 */
export function putFirmwarePolicy(
  firmware: Firmware,
  operator: Operator,
  command: PutFirmwarePolicy,
): Promise<{ row: FirmwarePolicyRecord; created: boolean }> {
  const { tenant } = operator;
  const { profile, policy } = command;
  const { unsigned, threshold } = policy;
  return firmware.change(async (tx) => {
    await lockReleases(tx, tenant);
    const before = await findFirmwarePolicy(tx, tenant, profile);
    if (before !== null && isRepeated(before, command)) return { row: before, created: false };
    mayPut(before, command);
    if (before === null && (await countFirmwarePolicies(tx, tenant)) >= policiesPerTenant)
      throw releaseProblems.limit('firmware-policy', policiesPerTenant);
    const at = new Date(firmware.clock.nowMs());
    const actor = actorOf(operator);
    const version = 1 + (before?.version ?? 0);
    const row = { tenant, profile, version, unsigned, threshold, updatedAt: at, updatedBy: actor };
    await saveFirmwarePolicy(tx, row);
    const reason = `unsigned ${unsigned}, threshold ${threshold}`;
    const action = before === null ? 'created' : 'changed';
    await noteHistory(tx, [{ tenant, entity: firmwarePolicyEntity(profile), at, actor, action, reason }]);
    await reviewReleases(tx, tenant, { profile }, { at, actor, reason: `the policy of ${profile} is: ${reason}` });
    return { row, created: before === null };
  });
}

function isRepeated(before: FirmwarePolicyRecord, { policy, ifNoneMatch }: PutFirmwarePolicy): boolean {
  return ifNoneMatch === undefined && before.unsigned === policy.unsigned && before.threshold === policy.threshold;
}
