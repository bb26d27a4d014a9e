import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Rule, Scope } from '../rules/rule.js';
import { DeviceEvaluator } from './device-evaluator.js';
import { type DeviceFacts, isWithin, RuleBook } from './rule-book.js';

const names = (...of: string[]) => fc.uniqueArray(fc.constantFrom(...of), { minLength: 1, maxLength: 2 });
const scope: fc.Arbitrary<Scope> = fc.record(
  {
    devices: names('d1', 'd2', 'd3'),
    profiles: names('p1', 'p2'),
    sites: names('s1', 's2'),
    labels: fc.dictionary(fc.constantFrom('line', 'constructor'), names('1', '2'), {
      minKeys: 1,
      noNullPrototype: true,
    }),
  },
  { requiredKeys: [] },
);
const facts: fc.Arbitrary<DeviceFacts> = fc
  .record({
    device: fc.constantFrom('d1', 'd2', 'd3', 'd4'),
    profile: fc.constantFrom('p1', 'p2', 'p3'),
    site: fc.constantFrom('s1', 's2', undefined),
    labels: fc.dictionary(fc.constantFrom('line', 'owner'), fc.constantFrom('1', '2'), { noNullPrototype: true }),
  })
  .map(({ site, ...parts }) => ({ ...parts, timeZone: 'UTC', ...(site === undefined ? {} : { site }) }));

const rule = (id: string, version: number, of: Scope, enabled = true): Rule => ({
  ...{ id, version, scope: of, severity: 'minor', enabled },
  when: { metric: 'a', op: '>', value: 0 },
});
const book = (): RuleBook => new RuleBook(() => ({ offsetMsAt: () => 0 }));
const idsOf = (rules: RuleBook, of: DeviceFacts): string[] =>
  [...rules.planFor(of).places.keys()].map(({ id, version }) => `${id}@${version}`);

describe('the rules of a tenant', () => {
  const change = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        id: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
        version: fc.integer({ min: 1, max: 4 }),
        scope,
        enabled: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        id: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
        version: fc.constant(undefined),
        scope,
        enabled: fc.boolean(),
      }),
    },
  );

  test('concern a device exactly as their scopes say while they are enabled, after any changes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), fc.array(facts, { minLength: 1 }), (changes, devices) => {
        const rules = book();
        const plain = new Map<string, Rule>();
        for (const { id, version, scope: of, enabled } of changes) {
          if (version === undefined) {
            rules.remove(id);
            plain.delete(id);
          } else {
            rules.put(rule(id, version, of, enabled));
            if ((plain.get(id)?.version ?? 0) < version) plain.set(id, rule(id, version, of, enabled));
          }
          for (const one of devices) {
            const expected = [...plain.values()].filter((each) => each.enabled !== false && isWithin(each.scope, one));
            expect(idsOf(rules, one)).toEqual(expected.map((each) => `${each.id}@${each.version}`).sort());
          }
        }
      }),
    );
  });

  test('share a plan among the devices that the same ones concern', () => {
    const rules = book();
    rules.put(rule('r1', 1, { profiles: ['p1'] }));
    const device = (name: string): DeviceFacts => ({ device: name, profile: 'p1', labels: {}, timeZone: 'UTC' });
    expect(rules.planFor(device('d1'))).toBe(rules.planFor(device('d2')));
  });

  test('a change of one rule leaves what the others remember of a device', () => {
    const rules = book();
    const d1: DeviceFacts = { device: 'd1', profile: 'p1', labels: {}, timeZone: 'UTC' };
    rules.put(rule('r1', 1, {}));
    rules.put(rule('r2', 1, {}));
    const before = new DeviceEvaluator(rules.planFor(d1));
    before.take({ ts: 1, values: { a: 1 } }, () => undefined);
    rules.put(rule('r2', 2, {}));
    const after = new DeviceEvaluator(rules.planFor(d1));
    after.recall(before.memory());
    const seen: string[] = [];
    after.take(
      { ts: 2, values: { a: 1 } },
      ({ kind, rule: id, version }) => void seen.push(`${kind} ${id}@${version}`),
    );
    after.take(
      { ts: 3, values: { a: 0 } },
      ({ kind, rule: id, startMs }) => void seen.push(`${kind} ${id} of ${startMs}`),
    );
    expect(seen).toEqual(['raised r2@2', 'cleared r1 of 1', 'cleared r2 of 2']);
  });
});
