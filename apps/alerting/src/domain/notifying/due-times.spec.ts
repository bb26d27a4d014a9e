import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DueTimes } from './due-times.js';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const command = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, ms: fc.nat(50) }),
  fc.record({ kind: fc.constant('delete' as const), key, ms: fc.constant(0) }),
  fc.record({ kind: fc.constant('take' as const), key, ms: fc.nat(50) }),
);

test('gives what a sorted list gives, whatever is set anew or deleted in between', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
      const due = new DueTimes();
      const list = new Map<string, number>();
      for (const { kind, key: which, ms } of commands) {
        const [first] = [...list].sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1));
        expect(due.nextMs()).toBe(first?.[1]);
        if (kind === 'set') {
          due.set(which, ms);
          list.set(which, ms);
        } else if (kind === 'delete') {
          due.delete(which);
          list.delete(which);
        } else {
          const expected = first !== undefined && first[1] <= ms ? first[0] : undefined;
          expect(due.take(ms)).toBe(expected);
          if (expected !== undefined) list.delete(expected);
        }
      }
    }),
  );
});
