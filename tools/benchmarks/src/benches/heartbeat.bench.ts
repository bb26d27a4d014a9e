import type { Bench, Lab } from '../harness/bench.js';
import type { Figure } from '../harness/report.js';
import { heartbeatKinds, type HeartbeatPlan, type Opened, type WatchOutcome } from '../programs/heartbeat-watch.js';

/** Each device reports once a minute and is silent after three: so long, and a minute more, for all that have stopped. */
const seconds = 240;

/** A large fleet of which each device has a deadline: what a device takes, how late silence is noticed, and what both cost. */
export const heartbeatBench: Bench = {
  name: 'heartbeat',
  summary: '1,000,000 devices under a rule about silence: memory per device, lag, CPU at one message a minute each',
  goals: ['T15.bytes', 'T15.lagMs', 'T15.corePercent'],
  rounds: 1,
  warmUps: 0,
  options: {
    devices: { type: 'string', default: '1000000' },
    partitions: { type: 'string', default: '24' },
  },
  async run(lab) {
    const figures: Figure[] = [];
    for (const kind of heartbeatKinds) {
      const devices = Number(lab.options['devices']);
      figures.push(...(await figuresOf(lab, { kind, devices, partitions: Number(lab.options['partitions']) })));
    }
    return figures;
  },
};

async function figuresOf(lab: Lab, plan: HeartbeatPlan): Promise<Figure[]> {
  const { kind } = plan;
  const program = await lab.start({
    name: kind,
    module: new URL('../programs/heartbeat-watch.js', import.meta.url),
    execArgv: ['--expose-gc', '--max-old-space-size=4096'],
  });
  const { perDevice, perKnownDevice } = await program.ask<Opened>('open', plan);
  const after = async (share: number): Promise<WatchOutcome> => {
    const outcome = await program.ask<WatchOutcome>('watch', { seconds, share });
    lab.say(`${kind}: ${share * 100} % go on reporting, ${outcome.wrong} of ${plan.devices} devices judged wrongly`);
    lab.lose(outcome.wrong);
    return outcome;
  };
  const watched = await after(0.99);
  const stopped = await after(0);
  await program.stop();
  const id = (name: string): string => (kind === 'evaluator' ? `T15.${name}` : `heartbeat.${kind}.${name}`);
  const figures: Figure[] = [
    { id: id('bytes'), value: perDevice, unit: 'bytes' },
    { id: id('lagMs'), value: Math.max(watched.lagMs, stopped.lagMs), unit: 'ms' },
    { id: id('corePercent'), value: watched.cpuMs / seconds / 10, unit: '%' },
    { id: `heartbeat.${kind}.longestTick`, value: watched.tickMs, unit: 'ms' },
    { id: `heartbeat.${kind}.longestTickAllStopped`, value: stopped.tickMs, unit: 'ms' },
  ];
  if (kind === 'evaluator') {
    figures.push({ id: 'heartbeat.evaluator.bytesAllStopped', value: stopped.perDevice, unit: 'bytes' });
    figures.push({ id: 'heartbeat.fleet.bytes', value: perKnownDevice, unit: 'bytes' });
  }
  return figures;
}
