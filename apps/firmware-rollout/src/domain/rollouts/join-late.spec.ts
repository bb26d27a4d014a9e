import { describe, expect, test } from '@jest/globals';
import { type JoinableWave, lateJoiner, lateWaves, mayJoin } from './join-late.js';
import type { WaveState } from './rollout.js';
import { aRollout } from './rollout-fixture.js';

const device = (name: string, line = '1') => ({ device: name, profile: 'thermometer', labels: { line } });
const devices = Array.from({ length: 300 }, (_, i) => device(`dev-${i}`));
const waves = (...states: WaveState[]): JoinableWave[] => states.map((state, i) => ({ state, devices: 10 ** (i + 1) }));
const joined = (all: JoinableWave[]): Set<number> => new Set(devices.map(lateWaves('r', all)));

test('a device that matches later joins the wave of its place', () => {
  expect(joined(waves('running', 'pending', 'pending'))).toEqual(new Set([0, 1, 2]));
});

test('nobody joins a wave that is judged while a later one is open', () => {
  expect(joined(waves('soaking', 'pending', 'pending'))).toEqual(new Set([1, 2]));
  expect(joined(waves('done', 'done', 'running'))).toEqual(new Set([2]));
});

test('the last wave takes whoever comes when all are judged, or nobody was there before', () => {
  expect(joined(waves('done', 'done', 'soaking'))).toEqual(new Set([2]));
  expect(joined([{ state: 'done', devices: 0 }])).toEqual(new Set([0]));
});

test('among the canaries are only those whom their selector takes', () => {
  const canaries: JoinableWave = { state: 'running', devices: 1_000, selector: { labels: { line: ['4'] } } };
  const all = [canaries, ...waves('pending', 'pending')];
  expect(joined(all)).toEqual(new Set([1, 2]));
  expect(lateWaves('r', all)(device('dev-1', '4'))).toBe(0);
  expect(lateWaves('r', [{ ...canaries, state: 'done' }, ...all.slice(1)])(device('dev-1', '4'))).not.toBe(0);
});

test('only a dynamic rollout that has not ended is joined', () => {
  expect(mayJoin(aRollout())).toBe(false);
  expect(mayJoin(aRollout({ isDynamic: true }))).toBe(true);
  for (const state of ['aborting', 'aborted', 'succeeded'] as const)
    expect(mayJoin(aRollout({ isDynamic: true }, { state }))).toBe(false);
});

describe('a device that changed while a dynamic rollout goes on', () => {
  const release = { profile: 'thermometer', version: '2.0.0', hardwareIds: [] };
  const target = { labels: { line: ['1'] } };
  const joiner = lateJoiner({ rollout: 'r', target, release, waves: waves('done', 'running', 'pending') });
  const changed = { ...device('dev-1'), lifecycle: 'active' };

  test('joins with its wave, or is left out with the reason in the last wave', () => {
    expect(joiner(changed)).toEqual({ kind: 'join', wave: expect.any(Number) });
    expect(joiner({ ...changed, lifecycle: 'suspended' })).toEqual({ kind: 'skip', wave: 2, reason: 'lifecycle' });
    expect(joiner({ ...changed, profile: 'camera' })).toEqual({ kind: 'skip', wave: 2, reason: 'wrong-profile' });
  });

  test('is none of its business when the target does not take it, or it was deleted', () => {
    expect(joiner({ ...changed, labels: { line: '2' } })).toBeUndefined();
    expect(joiner({ ...changed, lifecycle: 'deleted' })).toBeUndefined();
  });

  test('has its turn after all when what it was left out for is over', () => {
    expect(joiner(changed, { state: 'skipped', reason: 'lifecycle' })).toEqual({ kind: 'retry' });
    expect(joiner({ ...changed, lifecycle: 'suspended' }, { state: 'skipped', reason: 'lifecycle' })).toBeUndefined();
  });

  test('stays what it is in the rollout: left out by an operator or for good, waiting, at work, or through', () => {
    for (const reason of ['operator', 'device-retired', 'device-deleted'] as const)
      expect(joiner(changed, { state: 'skipped', reason })).toBeUndefined();
    for (const state of ['planned', 'offered', 'cancelling', 'succeeded', 'failed', 'cancelled'] as const)
      expect(joiner(changed, { state })).toBeUndefined();
    expect(joiner({ ...changed, labels: {} }, { state: 'planned' })).toBeUndefined();
  });
});
