import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stripe } from './striped-assigner.js';

test('every partition goes to exactly one subscriber, evenly, and equal topics stay together', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 48 }), (members, partitions) => {
      const names = Array.from({ length: members }, (_, index) => `member-${index}`);
      const topics = new Map([
        ['a', partitions],
        ['b', partitions],
      ]);
      const assignment = stripe(topics, new Map(names.map((name) => [name, ['a', 'b']])));
      const counts = names.map((name) => assignment.get(name)?.['a']?.length ?? 0);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(partitions);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      for (const name of names) expect(assignment.get(name)?.['a']).toEqual(assignment.get(name)?.['b']);
    }),
  );
});

test('a topic goes only to members that subscribe to it', () => {
  const subscriptions = new Map([
    ['old', ['a']],
    ['new', ['a', 'b']],
  ]);
  const assignment = stripe(new Map([['b', 2]]), subscriptions);
  expect(assignment.get('new')).toEqual({ b: [0, 1] });
  expect(assignment.get('old')).toEqual({});
});
