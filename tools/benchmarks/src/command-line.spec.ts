import { describe, expect, test } from '@jest/globals';
import { helpText, parseArguments } from './command-line.js';
import type { Bench } from './harness/bench.js';
import { BenchmarksError } from './harness/benchmarks.errors.js';

const bench: Bench = {
  name: 'writer',
  summary: 'how fast rows are stored',
  rounds: 5,
  options: { rows: { type: 'string', default: '100' } },
  run: async () => [],
};

describe('the command line', () => {
  test('takes the name of a bench, the options of all and its own', () => {
    expect(parseArguments(['writer', '--rows', '7', '--rounds', '3', '--json'], [bench])).toMatchObject({
      bench,
      json: true,
      rounds: 3,
      values: { rows: '7' },
    });
    expect(parseArguments(['writer'], [bench])).toMatchObject({ json: false, rounds: undefined });
  });

  test.each([[[]], [['--help']], [['writer', '--help']]])('%j shows the list', (args: string[]) => {
    expect(parseArguments(args, [bench])).toBeUndefined();
    expect(helpText([bench])).toContain('how fast rows are stored');
  });

  test('the help names the goals that a bench measures, and no others', () => {
    const help = helpText([{ ...bench, goals: ['T9'] }]);
    expect(help).toContain('T9 writer, Kafka to PostgreSQL');
    expect(help).not.toContain('T16');
  });

  test.each([[['reader']], [['writer', '--columns', '1']], [['writer', '--rounds', '0']], [['writer', 'twice']]])(
    '%j is refused',
    (args: string[]) => {
      expect(() => parseArguments(args, [bench])).toThrow(BenchmarksError);
    },
  );
});
