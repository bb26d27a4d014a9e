import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DeviceKeys, none } from './device-keys.js';

/** Few enough to come again, and long enough that what is removed is thrown away. */
const name = fc.oneof(
  fc.nat(400).map((n) => `acme/device-${n}`),
  fc.nat(40).map((n) => `t/${'x'.repeat(100)}:${n}`),
  fc.constantFrom('a/b', 'a/bb', 'aa/b', 'b/a', `t/${'y'.repeat(253)}`),
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), key: name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), key: name }) },
);

describe('keys of devices', () => {
  test('have each a number of their own, the lowest ones, whatever was added and removed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1_500, size: 'max' }), (steps) => {
        const keys = new DeviceKeys();
        const known = new Map<string, number>();
        let most = 0;
        for (const { kind, key } of steps) {
          expect(keys.find(key)).toBe(known.get(key) ?? none);
          if (kind === 'remove') {
            if (known.has(key)) keys.remove(known.get(key) as number);
            known.delete(key);
          } else if (!known.has(key)) known.set(key, keys.add(key));
          most = Math.max(most, known.size);
        }
        expect(keys.size).toBe(known.size);
        expect(keys.limit).toBe(most);
        for (const [key, number] of known) expect([keys.keyOf(number), keys.find(key)]).toEqual([key, number]);
        const numbers = Array.from({ length: keys.limit }, (_, number) => number).filter((one) => keys.has(one));
        expect(numbers).toEqual([...known.values()].sort((a, b) => a - b));
      }),
      { numRuns: 60 },
    );
  });

  test.each(['', `t/${'x'.repeat(254)}`, 'tenant/gerät'])(
    'cannot be what is not up to 255 characters of ASCII',
    (key) => {
      const keys = new DeviceKeys();
      keys.add('t/d');
      expect(keys.find(key)).toBe(none);
      expect(() => keys.add(key)).toThrow(RangeError);
      expect(keys.size).toBe(1);
    },
  );
});
