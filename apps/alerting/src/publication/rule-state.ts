import { type PayloadOf, ruleStateV1 } from '@myelin/contracts';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import type { RuleRecord } from '../domain/rules/rule-record.js';
import { publisherSource } from '../identity.js';

export function ruleState({ tenant, rule, version, definition, updatedAt }: RuleRecord): EncodedRecord {
  // The arrays of a definition are read-only, which the contract's type cannot say; its validator looks at all of it.
  const content = definition as unknown as PayloadOf<typeof ruleStateV1>['definition'];
  const payload = { tenant, rule, version, updatedAt: updatedAt.toISOString(), definition: content };
  const event = { contract: ruleStateV1, key: `${tenant}/${rule}`, payload };
  return encodeEvent({ ...event, timeMs: updatedAt.getTime(), version }, publisherSource);
}

export function ruleTombstone(tenant: string, rule: string, version: number, removedAt: Date): EncodedRecord {
  const event = { contract: ruleStateV1, key: `${tenant}/${rule}`, payload: null };
  return encodeEvent({ ...event, timeMs: removedAt.getTime(), version }, publisherSource);
}
