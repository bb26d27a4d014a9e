import { describe, expect, test } from '@jest/globals';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { BenchmarksError } from './benchmarks.errors.js';
import { cpuTimeUs, parseStat, treeTimeUs } from './cpu-time.js';

const onLinux = process.platform === 'linux' ? test : test.skip;

describe('CPU times', () => {
  test('are read past whatever a process calls itself', () => {
    const line = '42 (a b) (c) 1) S 7 42 42 0 -1 4194304 1 0 0 0 150 50 30 20 20 0 5 0 100 0 0';
    expect(parseStat(line)).toEqual({ parent: 7, ownUs: 2_000_000, endedChildrenUs: 500_000 });
  });

  test('of a process hold those of its descendants, ended ones included, and of nobody else', () => {
    const all = new Map([
      [10, { parent: 1, ownUs: 1, endedChildrenUs: 20 }],
      [11, { parent: 10, ownUs: 300, endedChildrenUs: 4_000 }],
      [12, { parent: 11, ownUs: 50_000, endedChildrenUs: 0 }],
      [13, { parent: 1, ownUs: 600_000, endedChildrenUs: 0 }],
    ]);
    expect(treeTimeUs(10, all)).toBe(54_321);
  });

  onLinux('of this process grow while it works (skipped where there is no /proc)', () => {
    const before = cpuTimeUs(process.pid);
    const workUntilMs = performance.now() + 20_000;
    while (cpuTimeUs(process.pid) === before && performance.now() < workUntilMs);
    expect(cpuTimeUs(process.pid)).toBeGreaterThan(before);
  });

  onLinux('of a process that has ended are an error and not 0 (skipped where there is no /proc)', async () => {
    const child = fork('-e', [], { execArgv: ['-e', ''] });
    await once(child, 'exit');
    expect(() => cpuTimeUs(child.pid as number)).toThrow(BenchmarksError);
  });
});
