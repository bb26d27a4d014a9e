import { expect, test } from '@jest/globals';
import { parseRule } from './parse-rule.js';
import type { StormBrake } from './rule.js';
import { brakeOf, stormBrakeDefaults } from './storm-brake.js';

const brake = (when: object, storm?: StormBrake) => {
  const parsed = parseRule({ when, severity: 'minor', ...(storm === undefined ? {} : { storm }) });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return brakeOf(parsed.value);
};
const hot = { metric: 't', op: '>', value: 80 };
const silent = { op: 'absent' };

test('a rule brakes as it says, else as most do; about silence by site, unless it says otherwise', () => {
  expect(brake(hot)).toEqual(stormBrakeDefaults);
  expect(brake({ any: [hot, silent] })).toEqual({ ...stormBrakeDefaults, by: 'site' });
  expect(brake(silent, { by: 'profile', atLeast: 3 })).toEqual({ ...stormBrakeDefaults, by: 'profile', atLeast: 3 });
  expect(brake(hot, { by: 'site', share: 0.5, atLeast: 2, windowMs: 10_000 })).toEqual({
    ...{ by: 'site', share: 0.5, atLeast: 2, windowMs: 10_000 },
  });
  expect(brake(silent, { share: 1 })).toBeUndefined();
});
