import { describe, expect, test } from '@jest/globals';
import type { PublisherHealth } from '@myelin/messaging';
import { type Logger, silentLogger } from '@myelin/observability';
import { TickWriter } from './tick-writer.js';

/** What a writer logs above debug when its publisher is in these states, a round each. */
function linesOf(states: readonly PublisherHealth['state'][]): string[] {
  const lines: string[] = [];
  const record = (_: unknown, text?: string): void => void lines.push(text ?? '');
  const logger = { ...silentLogger, debug: () => undefined, info: record, warn: record } as unknown as Logger;
  let state: PublisherHealth['state'] = 'away';
  const publisher = {
    append: () => true,
    partitionCount: () => 2,
    get health() {
      return { state, queuedBytes: 0, queuedRecords: 0 };
    },
  };
  const clock = { nowMs: () => 1_795_420_800_000 };
  const directory = { ready: true };
  const writer = new TickWriter({ publisher, directory, instance: 'a', source: '/gateway/a', clock, logger });
  for (const next of states) {
    state = next;
    writer.tick();
  }
  return lines;
}

const away = (rounds: number): 'away'[] => Array.from({ length: rounds }, () => 'away');

describe('time in which no device can be heard', () => {
  test.each<[PublisherHealth['state'], boolean, number]>([
    ['ready', true, 2],
    ['ready', false, 0],
    ['full', true, 0],
    ['away', true, 0],
    ['closed', true, 0],
  ])('has no ticks: publisher %s, devices known: %s', (state, ready, expected) => {
    let written = 0;
    const append = (): boolean => (written += 1) > 0;
    const publisher = { append, partitionCount: () => 2, health: { state, queuedBytes: 0, queuedRecords: 0 } };
    const clock = { nowMs: () => 1_795_420_800_000 };
    const parts = { publisher, directory: { ready }, instance: 'a', source: '/gateway/a', clock, logger: silentLogger };
    new TickWriter(parts).tick();
    expect(written).toBe(expected);
  });
});

describe('missing ticks', () => {
  test('are no news while a gateway that has just started connects', () => {
    expect(linesOf([...away(15), 'ready', 'ready'])).toEqual([]);
  });

  test('are told when a start does not get to Kafka for ten seconds, once', () => {
    expect(linesOf([...away(25), 'ready'])).toEqual(['no ticks are written', 'ticks are written again']);
  });

  test('are told at once later on, once per outage', () => {
    const outage = ['no ticks are written', 'ticks are written again'];
    expect(linesOf(['ready', ...away(3), 'ready', ...away(1), 'ready'])).toEqual([...outage, ...outage]);
  });
});
