import { describe, expect, test } from '@jest/globals';
import type { Model } from '../model.js';
import { createModel } from '../model-kinds.js';

const stepMs = 300_000;
const perDay = 288;
const days = 12;

/** Noise of its own, the same in every run; uniform within ±1. */
function noise(): () => number {
  let seed = 99;
  return () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >>> 8) / 0x3fffff - 1;
  };
}

/** Twelve days of readings every five minutes, with a wave of a day, and what `change` makes of each. */
function series(change: (value: number, index: number) => number): number[] {
  const random = noise();
  const calm = (index: number): number => 50 + 10 * Math.sin((2 * Math.PI * index) / perDay) + 2 * random();
  return Array.from({ length: days * perDay }, (_, index) => change(calm(index), index));
}

describe('combined', () => {
  const event = 9 * perDay;
  const after = (index: number, length: number): boolean => index >= event && index < event + length;

  test.each<[string, (value: number, index: number) => number]>([
    ['a spike', (value, index) => (index === event ? value + 40 : value)],
    ['a shift that stays', (value, index) => (index >= event ? value + 25 : value)],
    ['what is right at noon, at night', (value, index) => (after(index + perDay / 4, 6) ? 60 : value)],
    ['noise that grows', (value, index) => (after(index, 100) ? 50 + 5 * (value - 50) : value)],
    ['a sensor that is stuck', (value, index) => (after(index, 100) ? 50 : value)],
  ])('finds %s', (_what, change) => {
    const found = anomaliesIn(series(change));
    expect(found.filter((index) => Math.abs(index - event) <= perDay / 2)).not.toEqual([]);
  });

  test('says nothing of what repeats every day', () => {
    expect(anomaliesIn(series((value) => value))).toEqual([]);
  });

  test('a series that often jumps has to jump farther: what it usually does is no surprise', () => {
    const jumpy = (spike: number) =>
      series((value, index) => {
        if (index === event) return value + spike;
        return index % 70 === 0 ? value + 40 + (index % 11) : value;
      });
    const near = (found: number[]): number[] => found.filter((index) => index === event);
    expect(near(anomaliesIn(jumpy(40)))).toEqual([]);
    expect(near(anomaliesIn(jumpy(4000)))).toEqual([event]);
  });

  test('the same surprise soon after is none; when habituation has faded it is one again', () => {
    const spikes = (...at: number[]): number[] =>
      anomaliesIn(series((value, index) => (at.includes(index) ? value + 9 : value)));
    expect(spikes(event, event + 40)).toEqual([event]);
    expect(spikes(event - 1500, event)).toEqual([event - 1500, event]);
  });

  test('restored after thousands of readings it goes on to the bit', () => {
    const values = series((value, index) => (index % 301 === 0 ? value + 30 : value));
    const { model, state } = begun();
    let restored = state;
    const deviations = values.map((value, index) => {
      if (index === 2000) restored = Float64Array.from(state);
      return model.step(state, index * stepMs, value);
    });
    const rest = values.slice(2000).map((value, index) => model.step(restored, (2000 + index) * stepMs, value));
    expect(rest).toEqual(deviations.slice(2000));
    expect(restored).toEqual(state);
  });

  test('it says nothing of directions, and deviations are never negative', () => {
    expect(createModel({ type: 'combined', params: { direction: 'above' } }, { offsetMsAt: () => 0 })).toHaveProperty(
      'faults',
    );
    const { model, state } = begun();
    const values = series((value, index) => (index === event ? value - 60 : value));
    expect(values.every((value, index) => !(model.step(state, index * stepMs, value) < 0))).toBe(true);
  });
});

function begun(): { model: Model; state: Float64Array } {
  const creation = createModel({ type: 'combined' }, { offsetMsAt: () => 0 });
  if ('faults' in creation) throw new Error(JSON.stringify(creation.faults));
  const state = new Float64Array(creation.model.slots);
  creation.model.start(state);
  return { model: creation.model, state };
}

function anomaliesIn(values: readonly number[]): number[] {
  const { model, state } = begun();
  return values.flatMap((value, index) => (model.isAnomalous(model.step(state, index * stepMs, value)) ? [index] : []));
}
