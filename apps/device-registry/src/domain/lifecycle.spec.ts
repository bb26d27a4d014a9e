import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Lifecycle,
  decideTransition,
  lifecycles,
  mayHoldCredentials,
  statesAfterCredential,
  transitions,
} from './lifecycle.js';

/** The table of the specification once more, as plain pairs: what an operator may ask for. */
const allowed = new Set([
  ...['created>retired', 'provisioned>active', 'provisioned>suspended', 'provisioned>retired'],
  ...['active>suspended', 'active>quarantined', 'active>retired'],
  ...['suspended>active', 'suspended>retired', 'quarantined>active', 'quarantined>retired'],
]);

describe('the life of a device', () => {
  const pairs = lifecycles.flatMap((from) => lifecycles.map((to) => [from, to] as const));

  test.each(pairs)('%s to %s is decided as the specification says', (from, to) => {
    const decision = decideTransition(from, to);
    expect(decision.allowed).toBe(allowed.has(`${from}>${to}`));
    if (!decision.allowed)
      expect(decision.targets.map((target) => `${from}>${target}`).every((p) => allowed.has(p))).toBe(true);
  });

  test('a refusal names exactly the targets that are allowed', () => {
    expect(decideTransition('quarantined', 'suspended')).toEqual({ allowed: false, targets: ['active', 'retired'] });
    expect(decideTransition('retired', 'active')).toEqual({ allowed: false, targets: [] });
  });

  test('only a created device is led on by a credential, and each step is in the table', () => {
    for (const from of lifecycles) {
      for (const autoActivate of [true, false]) {
        const path = [from, ...statesAfterCredential(from, autoActivate)];
        path.slice(1).forEach((to, index) => expect(transitions[path[index] as Lifecycle]).toContain(to));
        expect(path.length > 1).toBe(from === 'created');
      }
    }
  });

  const command = fc.oneof(
    fc.record({ kind: fc.constant('move' as const), to: fc.constantFrom(...lifecycles) }),
    fc.record({ kind: fc.constant('credential' as const), autoActivate: fc.boolean() }),
  );

  test('any history agrees with a plain model, and nothing leaves retirement', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (history) => {
        let state: Lifecycle = 'created';
        let model = 'created';
        let hadCredential = false;
        for (const step of history) {
          if (step.kind === 'move') {
            if (decideTransition(state, step.to).allowed) state = step.to;
            if (allowed.has(`${model}>${step.to}`)) model = step.to;
          } else if (mayHoldCredentials(state)) {
            state = statesAfterCredential(state, step.autoActivate).at(-1) ?? state;
            if (model === 'created') model = step.autoActivate ? 'active' : 'provisioned';
            hadCredential = true;
          }
          expect(state).toBe(model);
          // "provisioned" and everything behind it means that there was a credential
          if (!hadCredential) expect(['created', 'retired']).toContain(state);
        }
      }),
    );
  });
});
