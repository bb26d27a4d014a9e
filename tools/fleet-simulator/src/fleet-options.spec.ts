import { describe, expect, test } from '@jest/globals';
import { defaultFaults } from './fault-plan.js';
import { parseFleetOptions } from './fleet-options.js';

describe('fleet options', () => {
  test('have the defaults that the help text states', () => {
    expect(parseFleetOptions([])).toMatchObject({
      devices: 200,
      intervalMs: 1_000,
      reportSize: 1,
      evaluateOnlyShare: 0,
      filteredShare: 0,
      legacyShare: undefined,
      forMs: undefined,
      json: false,
      tenant: 'demo',
      faults: defaultFaults,
    });
  });

  test('take times with units and shares', () => {
    const options = parseFleetOptions(['--for', '1.5m', '--clock-skew', '250ms', '--duplicates', '0.5', '--json']);
    expect(options).toMatchObject({ forMs: 90_000, json: true, faults: { clockSkewMs: 250, duplicates: 0.5 } });
  });

  test.each([
    ['--devices', '0'],
    ['--devices', 'many'],
    ['--report-size', '1001'],
    ['--evaluate-only', '2'],
    ['--filtered', '1.5'],
    ['--legacy-share', '2'],
    ['--legacy-collector', '127.0.0.1:6832'],
    ['--for', '30'],
    ['--duplicates', '1.1'],
    ['--disorder', ''],
    ['--tenant', 'a/b'],
    ['--for', '600h'],
    ['--encodings', 'xml'],
    ['--frobnicate', '1'],
  ])('refuse %s %s and name the option', (name, value) => {
    expect(() => parseFleetOptions([name, value])).toThrow(name.slice(2));
  });

  test('refuse shares of evaluated and filtered devices that are more than the fleet', () => {
    expect(() => parseFleetOptions(['--evaluate-only', '0.9', '--filtered', '0.11'])).toThrow('--filtered');
    expect(parseFleetOptions(['--evaluate-only', '0.9', '--filtered', '0.1']).filteredShare).toBe(0.1);
  });
});
