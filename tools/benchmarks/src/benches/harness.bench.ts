import type { Bench } from '../harness/bench.js';
import type { Contestant, RoundOutcome } from '../harness/rounds.js';
import { median, pairedRatio } from '../harness/statistics.js';

/** The harness measured by itself: one process computes twice as much per message as the other. */
export const harnessBench: Bench = {
  name: 'harness',
  summary: 'whether the harness measures right: a ratio that is 2 by construction',
  rounds: 5,
  options: { messages: { type: 'string', default: '40000' } },
  async run(lab) {
    const messages = Number(lab.options['messages']);
    const contestant = async (name: string, work: number): Promise<Contestant> => {
      const program = await lab.start({ name, module: new URL('../anchors/known-work.js', import.meta.url) });
      return {
        name,
        anchor: work > 1,
        processes: () => ({ worker: program.pid }),
        run: () => program.ask<RoundOutcome>('work', { messages, work }),
      };
    };
    const [twice, once] = await lab.interleave([await contestant('twice', 2), await contestant('once', 1)]);
    const [ours, anchor] = [once?.cpuUs('worker') ?? [], twice?.cpuUs('worker') ?? []];
    return [
      { id: 'harness.ratio', value: pairedRatio(anchor, ours), unit: 'ratio' },
      { id: 'harness.ours', value: median(ours), unit: 'us/msg' },
    ];
  },
};
