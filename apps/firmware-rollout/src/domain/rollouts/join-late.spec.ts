import { expect, test } from '@jest/globals';
import { type JoinableWave, mayJoin, waveOfLateDevice } from './join-late.js';
import type { WaveState } from './rollout.js';
import { aRollout } from './rollout-fixture.js';

const device = (name: string, line = '1') => ({ device: name, profile: 'thermometer', labels: { line } });
const devices = Array.from({ length: 300 }, (_, i) => device(`dev-${i}`));
const waves = (...states: WaveState[]): JoinableWave[] => states.map((state, i) => ({ state, devices: 10 ** (i + 1) }));
const joined = (all: JoinableWave[]): Set<number> => new Set(devices.map((each) => waveOfLateDevice('r', each, all)));

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
  expect(waveOfLateDevice('r', device('dev-1', '4'), all)).toBe(0);
  expect(waveOfLateDevice('r', device('dev-1', '4'), [{ ...canaries, state: 'done' }, ...all.slice(1)])).not.toBe(0);
});

test('only a dynamic rollout that has not ended is joined', () => {
  expect(mayJoin(aRollout())).toBe(false);
  expect(mayJoin(aRollout({ isDynamic: true }))).toBe(true);
  for (const state of ['aborting', 'aborted', 'succeeded'] as const)
    expect(mayJoin(aRollout({ isDynamic: true }, { state }))).toBe(false);
});
