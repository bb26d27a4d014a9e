import { describe, expect, test } from '@jest/globals';
import { CodedError } from '@myelin/kernel';
import { type Logger, createLogger } from '@myelin/observability';
import { BackgroundWork } from './background-work.js';

class StoreError extends CodedError<'store.away' | 'store.broken'> {}
const away = (): Error => StoreError.retryable('store.away', `away since ${performance.now()}`);
const broken = (): Error => StoreError.permanent('store.broken', 'no such table');

type Outcome = boolean | Error;

interface Line {
  readonly level: string;
  readonly work: string;
  readonly msg: string;
  readonly error?: string;
  readonly failures?: number;
}

/** Works through the outcomes, one step each, and stops; what was logged meanwhile. */
async function logOf(outcomes: readonly Outcome[]): Promise<object[]> {
  const lines: Line[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Line);
  const logger: Logger = createLogger({ service: 'sample', level: 'info', destination: { write } });
  const left = [...outcomes];
  await new Promise<void>((resolve) => {
    const step = (): Promise<boolean> => {
      const outcome = left.shift();
      if (outcome === undefined) void work.stop().then(resolve);
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome === true);
    };
    const work = new BackgroundWork('sweep', step, 1, logger);
    work.start();
  });
  return lines.map(({ level, work, msg, error, failures }) => ({
    ...{ level, work, msg },
    ...(error !== undefined && { code: /\((.*?)\)/.exec(error)?.[1] }),
    ...(failures !== undefined && { failures }),
  }));
}

const failed = { work: 'sweep', msg: 'background work failed, trying again later' };
const goesOn = { level: 'info', work: 'sweep', msg: 'background work goes on again' };

describe('background work', () => {
  test('says once that it fails, however often, and once that it goes on again', async () => {
    expect(await logOf([away(), away(), away(), false, false])).toEqual([
      { ...failed, level: 'warn', code: 'store.away' },
      { ...goesOn, failures: 3 },
    ]);
  });

  test('says so when it fails for another reason', async () => {
    expect(await logOf([away(), broken(), broken(), true, false])).toEqual([
      { ...failed, level: 'warn', code: 'store.away' },
      { ...failed, level: 'error', code: 'store.broken' },
      { ...goesOn, failures: 3 },
    ]);
  });

  test('says nothing while all goes well', async () => {
    expect(await logOf([false, true, true, false])).toEqual([]);
  });

  test('has taken its first step when it has started now, although that failed', async () => {
    let steps = 0;
    const step = (): Promise<boolean> => ((steps += 1), Promise.reject(away()));
    const logger = createLogger({ service: 'sample', level: 'info', destination: { write: () => undefined } });
    const work = new BackgroundWork('sweep', step, 3_600_000, logger);
    await work.startNow();
    await work.stop();
    expect(steps).toBe(1);
  });

  test('tells a step under way that it shall end, and waits for it', async () => {
    const logger = createLogger({ service: 'sample', level: 'info', destination: { write: () => undefined } });
    let ended = false;
    await new Promise<void>((resolve) => {
      const step = async (stopping: AbortSignal): Promise<boolean> => {
        const told = new Promise((tell) => stopping.addEventListener('abort', tell));
        setImmediate(() => void work.stop().then(resolve));
        await told;
        ended = true;
        return true;
      };
      const work = new BackgroundWork('sweep', step, 1, logger);
      work.start();
    });
    expect(ended).toBe(true);
  });
});
