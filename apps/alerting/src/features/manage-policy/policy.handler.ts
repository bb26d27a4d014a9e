import { isDeepStrictEqual } from 'node:util';
import { type Operator, type Preconditions, mayPut, actorOf } from '@myelin/service-kit';
import type { Alerting } from '../../alerting.js';
import { callDispatcher, queueActiveAlarms } from '../../persistence/dispatch.repository.js';
import { type PolicyRecord, findPolicy, savePolicy } from '../../persistence/policies.repository.js';

export interface PutPolicy extends Preconditions {
  readonly definition: object;
}

/**
 * Under the lock of the tenant's dispatcher: without a policy it forgets what happens to alarms, so whoever puts the first one
 * has it told of all that are active. A policy that is put again as it is keeps its version.
 */
export function putPolicy(
  alerting: Alerting,
  operator: Operator,
  command: PutPolicy,
): Promise<{ row: PolicyRecord; created: boolean }> {
  const { tenant } = operator;
  return alerting.change(async (tx) => {
    const updatedAt = new Date(alerting.clock.nowMs());
    await callDispatcher(tx, tenant, updatedAt);
    const before = await findPolicy(tx, tenant);
    if (before !== null && isRepeated(before, command)) return { row: before, created: false };
    mayPut(before, command);
    const { definition } = command;
    const row = { tenant, version: (before?.version ?? 0) + 1, definition, updatedAt, updatedBy: actorOf(operator) };
    await savePolicy(tx, row);
    if (before === null) await queueActiveAlarms(tx, tenant);
    return { row, created: before === null };
  });
}

/** The order of members has no meaning. */
function isRepeated(before: PolicyRecord, { definition, ifNoneMatch }: PutPolicy): boolean {
  return ifNoneMatch === undefined && isDeepStrictEqual(before.definition, definition);
}
