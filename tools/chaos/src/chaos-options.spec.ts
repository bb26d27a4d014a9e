import { describe, expect, test } from '@jest/globals';
import { parseChaosOptions, usage } from './chaos-options.js';
import { scenarios } from './scenarios/index.js';

describe('the command line', () => {
  test('without words lists every scenario', () => {
    expect(parseChaosOptions([])).toEqual({ kind: 'list' });
    for (const { name } of scenarios) expect(usage).toContain(`  ${name} `);
  });

  test('takes a scenario, or all of them, with a time and a seed', () => {
    expect(parseChaosOptions(['poison', '--for', '90s', '--seed', '7', '--json'])).toMatchObject({
      ...{ kind: 'run', forMs: 90_000, seed: 7, json: true, devices: 60 },
      scenarios: [{ name: 'poison' }],
    });
    expect(parseChaosOptions(['all'])).toMatchObject({ scenarios, forMs: undefined });
  });

  test.each([
    [['kill', 'telemetry'], 'kill-telemetry'],
    [['kill-kafka'], 'kill-kafka'],
    [['kill'], 'kill-all'],
  ])('%j is %s', (words, name) => {
    expect(parseChaosOptions(words)).toMatchObject({ scenarios: [{ name }] });
  });

  test('takes a soak with its rate', () => {
    expect(parseChaosOptions(['soak', '--for', '1h', '--rate', '5000'])).toMatchObject({
      ...{ kind: 'soak', forMs: 3_600_000, rate: 5_000, devices: 200 },
    });
  });

  test.each([
    [['earthquake'], 'there is no scenario earthquake'],
    [['kill', 'everybody'], 'kill takes one of'],
    [['poison', 'more'], 'more is too much'],
    [['poison', '--for', '5'], '--for takes a time'],
    [['poison', '--devices', '0'], '--devices takes a whole number'],
    [['soak', '--rate', 'fast'], '--rate takes a whole number'],
    [['poison', '--gently'], '--gently'],
  ])('%j is refused, with the reason and the usage', (words, reason) => {
    expect(() => parseChaosOptions(words)).toThrow(reason);
    expect(() => parseChaosOptions(words)).toThrow('npm run chaos -- <scenario>');
  });
});
