import { describe, expect, test } from '@jest/globals';
import { BenchmarksError } from './benchmarks.errors.js';
import { type Contestant, describeSummaries, interleave, rateOf, type RoundOutcome } from './rounds.js';

function contestant(
  name: string,
  ran: string[],
  outcome: { readonly [K in keyof RoundOutcome]?: RoundOutcome[K] | undefined } = {},
): Contestant {
  return {
    name,
    processes: () => ({ elsewhere: undefined }),
    run: async (round) => {
      ran.push(`${name}${round}`);
      return { messages: 1_000, lost: 0, wallMs: 500, ...outcome } as RoundOutcome;
    },
  };
}

const quietly = { say: () => undefined };

describe('rounds', () => {
  test('go by turns, every second one backwards, after a warm-up that does not count', async () => {
    const ran: string[] = [];
    const found = await interleave([contestant('a', ran), contestant('b', ran)], { rounds: 2, warmUps: 1, ...quietly });
    expect(ran).toEqual(['b-1', 'a-1', 'a0', 'b0', 'b1', 'a1']);
    expect(found.map(({ name, rounds }) => [name, rounds.length])).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
  });

  test('a rate is messages per second of what arrived', async () => {
    const [found] = await interleave([contestant('a', [], { lost: 3 })], { rounds: 2, warmUps: 0, ...quietly });
    expect(found).toMatchObject({ rates: [2_000, 2_000], lost: 6 });
  });

  test('too short for the ticks of CPU times are named, with the processes whose figures say nothing', async () => {
    const idle = { ...contestant('a', []), processes: () => ({ client: process.pid }) };
    const found = await interleave([idle], { rounds: 1, warmUps: 0, ...quietly });
    expect(describeSummaries(found).at(-1)).toContain('too short to tell the CPU of client');
    const [round] = found[0]?.rounds ?? [];
    expect(round?.coarse).toEqual(['client']);
    const enough = found.map((summary) => ({ ...summary, rounds: [{ ...round, coarse: [] }] }) as typeof summary);
    expect(describeSummaries(enough).join()).not.toContain('too short');
  });

  test.each([undefined, Number.NaN, -1, 0.5])('there is no rate when what was lost is %s', async (lost) => {
    expect(() => rateOf({ messages: 1, lost: lost as number, wallMs: 1 })).toThrow(BenchmarksError);
    const round = contestant('a', [], { lost: lost as number });
    await expect(interleave([round], { rounds: 1, warmUps: 0, ...quietly })).rejects.toMatchObject({
      code: 'benchmarks.loss-unknown',
    });
  });

  test('what is counted after a round is what counts', async () => {
    const steps: string[] = [];
    const counted: Contestant = {
      ...contestant('a', steps, { lost: undefined }),
      prepare: async () => void steps.push('prepared'),
      verify: async ({ messages, ...rest }) => {
        steps.push('verified');
        return { ...rest, messages: messages - 10, lost: 10 };
      },
    };
    const [found] = await interleave([counted], { rounds: 1, warmUps: 0, ...quietly });
    expect(steps).toEqual(['prepared', 'a0', 'verified']);
    expect(found?.rounds).toMatchObject([{ messages: 990, lost: 10, wallMs: 500 }]);
  });

  test('a round that moved nothing is a failure, not a cost of infinity', async () => {
    const round = contestant('a', [], { messages: 0 });
    await expect(interleave([round], { rounds: 1, warmUps: 0, ...quietly })).rejects.toMatchObject({
      code: 'benchmarks.run-failed',
    });
  });
});
