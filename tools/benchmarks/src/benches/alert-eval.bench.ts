import type { Bench, Lab } from '../harness/bench.js';
import { BenchmarksError } from '../harness/benchmarks.errors.js';
import type { Contestant, RoundOutcome } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';
import type { EvaluationPlan } from '../programs/rule-evaluation.js';

interface Contender extends EvaluationPlan {
  readonly name: string;
}

const bare = { name: 'bare', rules: 0, sites: 1 };
const contenders: readonly Contender[] = [
  ...[1, 10, 100, 1_000].map((rules) => ({ name: String(rules), rules, sites: 1 })),
  { name: '1000-of-which-10', rules: 1_000, sites: 100 },
];
/** What costs much is measured with fewer messages. */
const rulesAtFullLength = 100;

/** What rules cost a message, beyond reading it. */
export const alertEvalBench: Bench = {
  name: 'alert-eval',
  summary: 'CPU that 1, 10, 100 and 1,000 threshold rules add to a message of six metrics, beyond decoding it',
  goals: ['alert-eval.10'],
  rounds: 5,
  options: { messages: { type: 'string', default: '300000' } },
  async run(lab) {
    const messages = Number(lab.options['messages']);
    const [anchor, ...others] = await lab.interleave(
      await Promise.all([bare, ...contenders].map((contender) => contestantOf(lab, contender, messages))),
    );
    const bareUs = anchor?.cpuUs('evaluator') ?? [];
    return contenders.map(({ name }, i) => {
      const us = others[i]?.cpuUs('evaluator') ?? [];
      return {
        id: `alert-eval.${name}`,
        value: median(us.map((each, round) => each - (bareUs[round] ?? NaN))),
        unit: 'us',
      };
    });
  },
};

async function contestantOf(lab: Lab, { name, ...plan }: Contender, messages: number): Promise<Contestant> {
  const program = await lab.start({ name, module: new URL('../programs/rule-evaluation.js', import.meta.url) });
  await program.ask('open', plan);
  const perRound = Math.ceil(messages / Math.max(1, plan.rules / plan.sites / rulesAtFullLength));
  return {
    name,
    anchor: plan.rules === 0,
    processes: () => ({ evaluator: program.pid }),
    prepare: () => program.ask('prepare', { messages: perRound }),
    run: () => program.ask<RoundOutcome>('evaluate'),
    verify: async (outcome) => {
      const transitions = await program.ask<number>('transitions');
      // Rules that never find anything might as well not be asked.
      if (plan.rules > 0 && transitions === 0)
        throw BenchmarksError.permanent('benchmarks.run-failed', `${name} rules found nothing`);
      return outcome;
    },
  };
}
