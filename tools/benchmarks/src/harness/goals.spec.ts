import { describe, expect, test } from '@jest/globals';
import { type Goal, goals, goalOf, isMet } from './goals.js';
import { resultOf } from './report.js';

describe('goals', () => {
  test('a goal is met at the ship figure itself, in its own direction', () => {
    expect(isMet(goals.T9, 0.7)).toBe(true);
    expect(isMet(goals.T9, 0.699)).toBe(false);
    expect(isMet(goals.T19, 3)).toBe(true);
    expect(isMet(goals.T19, 3.01)).toBe(false);
  });

  test.each(Object.entries<Goal>(goals))('%s: the stretch is not easier than what is promised', (_id, goal) => {
    if (goal.stretch !== null) expect(isMet(goal, goal.stretch)).toBe(true);
  });

  test('what is no goal has none, names of Object included', () => {
    expect(goalOf('T4')).toBeUndefined();
    expect(goalOf('constructor')).toBeUndefined();
  });
});

describe('a published figure', () => {
  test('has the unit, the ship figure and the verdict of its goal', () => {
    expect(resultOf({ id: 'T9', value: 0.741_26, unit: '' }, 0)).toEqual({
      id: 'T9',
      value: 0.7413,
      unit: 'ratio',
      ship: 0.7,
      met: true,
    });
  });

  test('without a goal has neither', () => {
    const figure = { id: 'writer.rate', value: 12, unit: 'msg/s' };
    expect(resultOf(figure, 0)).toEqual({ ...figure, ship: null, met: null });
  });

  test('meets nothing when messages were lost in the run, or when it is no number', () => {
    expect(resultOf({ id: 'T9', value: 5, unit: '' }, 1).met).toBe(false);
    expect(resultOf({ id: 'T19', value: Number.NaN, unit: '' }, 0)).toMatchObject({ value: -1, met: false });
  });
});
