import { describe, expect, test } from '@jest/globals';
import { type Logger, silentLogger } from '@myelin/observability';
import { Readiness } from './readiness.js';

type Line = readonly [level: string, reason: unknown, text: unknown];

/** A service whose check fails for the reasons given, one round after another; undefined: it passes. */
async function linesOf(rounds: readonly (string | undefined)[]): Promise<Line[]> {
  const lines: Line[] = [];
  const recorder =
    (level: string) =>
    (line: unknown, text?: unknown): void =>
      void lines.push([level, (line as { reason?: unknown }).reason, text]);
  const logger = { ...silentLogger, info: recorder('info'), warn: recorder('warn') } as unknown as Logger;
  const readiness = new Readiness(logger);
  readiness.phase = 'running';
  for (const reason of rounds) {
    const check = (): Promise<void> => (reason === undefined ? Promise.resolve() : Promise.reject(new Error(reason)));
    readiness.checks = [{ name: 'broker', critical: false, check }];
    await readiness.report();
  }
  return lines;
}

describe('the log of health checks', () => {
  test('says nothing while a check passes', async () => {
    expect(await linesOf([undefined, undefined])).toEqual([]);
  });

  test('warns of a check that passed before, once, with the reason and without a stack, and tells of its end', async () => {
    expect(await linesOf([undefined, 'gone', 'gone', undefined])).toEqual([
      ['warn', 'Error: gone', 'health check fails'],
      ['info', undefined, 'health check passes'],
    ]);
  });

  test('does not warn of a check that has not passed yet since the start', async () => {
    expect(await linesOf(['joining', 'joining', undefined])).toEqual([
      ['info', 'Error: joining', 'health check does not pass yet'],
      ['info', undefined, 'health check passes'],
    ]);
  });
});
