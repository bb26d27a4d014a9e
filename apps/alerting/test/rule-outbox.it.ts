import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import { schemaDrift } from '@myelin/persistence';
import type { Operator } from '@myelin/service-kit';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import { Alerting } from '../src/alerting.js';
import { putRule, removeRule } from '../src/features/manage-rules/rules.handler.js';
import { parseRule } from '../src/domain/rules/parse-rule.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { aRuleBody } from './alerting-fixture.js';

let database: DatabaseFixture;
let alerting: Alerting;
beforeAll(async () => {
  database = await useDatabase({ service: 'alerting', migrations, entities });
  alerting = new Alerting(database.dataSource, systemClock, { rulesPerTenant: 10 });
});
afterAll(() => database.dispose());

const operator = { subject: 'alice', tenant: 'acme', roles: ['operator'] } as unknown as Operator;

const put = (rule: string, changes: object = {}) => {
  const parsed = parseRule(aRuleBody(changes));
  if (!parsed.ok) throw new Error('no rule');
  return putRule(alerting, operator, { rule, definition: parsed.value, ifMatch: undefined, ifNoneMatch: undefined });
};
const rows = (sql: string) => database.dataSource.query<unknown[]>(sql);

describe('what is stored', () => {
  test('has the schema that the entities describe', async () => {
    expect(await schemaDrift(database.dataSource)).toEqual([]);
  });

  test('has a rule and its record, or neither: a record that the outbox does not take leaves no rule behind', async () => {
    await put('kept');
    expect(await rows(`SELECT rule, version FROM rule`)).toEqual([{ rule: 'kept', version: 1 }]);
    expect(await rows(`SELECT convert_from(key, 'UTF8') AS key FROM outbox`)).toEqual([{ key: 'acme/kept' }]);
    const broken = new Alerting(database.dataSource, { nowMs: () => Number.NaN }, { rulesPerTenant: 10 });
    const removed = removeRule(broken, operator, { rule: 'kept', ifMatch: '"1"' });
    await expect(removed).rejects.toThrow();
    expect(await rows(`SELECT rule, version FROM rule`)).toEqual([{ rule: 'kept', version: 1 }]);
    expect(await rows(`SELECT rules FROM rule_usage`)).toEqual([{ rules: 1 }]);
    expect(await rows(`SELECT FROM removed_rule`)).toEqual([]);
  });
});
