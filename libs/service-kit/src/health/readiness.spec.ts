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

describe('the start', () => {
  test('waits for consumers and for every critical check, by name, and once complete stays complete', async () => {
    const failing = new Set(['database', 'schema', 'search']);
    const check = (name: string) => (): Promise<void> =>
      failing.has(name) ? Promise.reject(new Error('away')) : Promise.resolve();
    const readiness = new Readiness(silentLogger);
    readiness.checks = ['database', 'schema', 'search'].map((name) => ({
      ...{ name, critical: name !== 'search', check: check(name) },
    }));
    const waitsFor = async (): Promise<readonly string[]> => (await readiness.startup()).waitsFor;
    expect(await waitsFor()).toEqual(['consumers', 'database', 'schema']);
    readiness.phase = 'running';
    failing.delete('database');
    expect(await readiness.startup()).toEqual({ status: 'starting', waitsFor: ['schema'] });
    failing.add('database').delete('schema');
    expect(await readiness.startup()).toEqual({ status: 'started', waitsFor: [] });
    failing.add('schema');
    readiness.phase = 'stopping';
    expect(await readiness.startup()).toEqual({ status: 'started', waitsFor: [] });
  });

  test('that is stopped before it is complete is none', async () => {
    const readiness = new Readiness(silentLogger);
    readiness.phase = 'stopping';
    expect(await readiness.startup()).toEqual({ status: 'stopping', waitsFor: [] });
  });
});
