import { isDeepStrictEqual } from 'node:util';
import { writeToOutbox } from '@myelin/outbox';
import { type Operator, type Preconditions, mayPut, requireIfMatch, actorOf } from '@myelin/service-kit';
import type { Alerting } from '../../alerting.js';
import type { RuleDefinition } from '../../domain/rules/parse-rule.js';
import type { RuleRecord } from '../../domain/rules/rule-record.js';
import { deleteRule, findRule, insertRule, lockRules, replaceRule } from '../../persistence/rules.repository.js';
import { problems } from '../../problems.js';
import { ruleState, ruleTombstone } from '../../publication/rule-state.js';

export interface PutRule extends Preconditions {
  readonly rule: string;
  readonly definition: RuleDefinition;
}

/**
 * What the rule says already is put without a change, whatever `If-Match` says (RFC 9110, 13.1.1): a new version would end the
 * rule's alarms, and whoever repeats a request does not mean that.
 */
export function putRule(
  alerting: Alerting,
  operator: Operator,
  command: PutRule,
): Promise<{ row: RuleRecord; created: boolean }> {
  const { tenant } = operator;
  const { rule, definition } = command;
  return alerting.change(async (tx) => {
    const count = await lockRules(tx, tenant);
    const before = await findRule(tx, tenant, rule);
    if (before !== null && isRepeated(before, command)) return { row: before, created: false };
    mayPut(before, command);
    const { rulesPerTenant } = alerting.bounds;
    if (before === null && count >= rulesPerTenant) throw problems.ruleLimit(rulesPerTenant);
    const updatedAt = new Date(alerting.clock.nowMs());
    const content = { tenant, rule, definition, updatedAt, updatedBy: actorOf(operator) };
    const row =
      before === null
        ? await insertRule(tx, content)
        : await replaceRule(tx, { ...content, version: before.version + 1 });
    await writeToOutbox(tx, [ruleState(row)]);
    return { row, created: before === null };
  });
}

/** The order of members has no meaning. */
function isRepeated(before: RuleRecord, { definition, ifNoneMatch }: PutRule): boolean {
  return ifNoneMatch === undefined && isDeepStrictEqual(before.definition, JSON.parse(JSON.stringify(definition)));
}

export function removeRule(
  alerting: Alerting,
  { tenant }: Operator,
  { rule, ifMatch }: { readonly rule: string; readonly ifMatch: string | undefined },
): Promise<void> {
  return alerting.change(async (tx) => {
    await lockRules(tx, tenant);
    const before = await findRule(tx, tenant, rule);
    if (before === null) throw problems.notFound('rule');
    requireIfMatch(ifMatch, before.version);
    const version = before.version + 1;
    await deleteRule(tx, tenant, rule, version);
    await writeToOutbox(tx, [ruleTombstone(tenant, rule, version, new Date(alerting.clock.nowMs()))]);
  });
}
