import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { limitForecast } from './limit-forecast.js';
import { createModel } from './model-kinds.js';
import { peerGroup } from './peer-group.js';

interface Vector {
  readonly name: string;
  readonly type: string;
  readonly params: object;
  readonly zone?: string;
  /** Time, value, and in peer groups the member. */
  readonly readings: readonly (readonly [number, number, (number | null)?])[];
  readonly deviations: readonly (number | null)[];
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/vectors.json', import.meta.url), 'utf8')) as Vector[];

describe('vectors of an implementation that shares nothing with this one (vectors/vectors.py)', () => {
  test.each(vectors.map((vector) => [vector.type, vector.name, vector] as const))('%s: %s', (_type, _name, vector) => {
    const deviations = deviationsOf(vector);
    expect(deviations).toHaveLength(vector.deviations.length);
    deviations.forEach((deviation, reading) => {
      const expected = vector.deviations[reading] ?? Number.NaN;
      const isNear = Math.abs(deviation - expected) <= 1e-7 * Math.max(1, Math.abs(expected));
      expect({ reading, deviation, isRight: Object.is(deviation, expected) || isNear }).toMatchObject({
        isRight: true,
      });
    });
  });
});

function deviationsOf({ type, params, zone, readings }: Vector): number[] {
  if (type === 'peer-group') {
    const { model, state } = begun(peerGroup.create(params));
    return readings.map(([atMs, value, member]) => model.step(state, member ?? undefined, atMs, value));
  }
  const creation =
    type === 'limit-forecast'
      ? limitForecast.create(params)
      : createModel({ type, params }, { offsetMsAt: offsetIn(zone ?? 'UTC') });
  const { model, state } = begun(creation);
  return readings.map(([atMs, value]) => model.step(state, atMs, value));
}

function begun<M extends { slots: number; start(state: Float64Array): void }>(
  creation: { model: M } | { faults: readonly object[] },
): { model: M; state: Float64Array } {
  if ('faults' in creation) throw new Error(JSON.stringify(creation.faults));
  const state = new Float64Array(creation.model.slots);
  creation.model.start(state);
  return { model: creation.model, state };
}

function offsetIn(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (atMs) => {
    const [day, month, year, hour, minute, second] = format.format(atMs).split(/\D+/).map(Number);
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
  };
}
