import { type NetworkFault, type TcpProxy, noFault } from '@myelin/local-stack';
import type { Damage, Scenario } from '../scenario.js';

const faults: readonly (NetworkFault | 'reset')[] = [
  { kind: 'stall' },
  { kind: 'delay', delayMs: 150 },
  { kind: 'throttle', bytesPerSecond: 20_000 },
  { kind: 'cut', afterBytes: 20_000 },
  { kind: 'refuse' },
  'reset',
];

export const networkStall: Scenario = {
  name: 'network-stall',
  summary: 'stall, delay, throttle, cut, refuse and reset between services and Kafka, PostgreSQL, and devices',
  kafkaNodes: 1,
  defaultForMs: 180_000,
  damage: async (damage) => {
    const { proxies } = damage.chaos;
    const links = Object.entries(proxies) as [string, TcpProxy][];
    const ends = links.map(([name, proxy]) => damageLink(damage, name, proxy));
    damage.note(`${(await Promise.all(ends)).reduce((sum, count) => sum + count, 0)} network faults`);
  },
};

/** Each link on its own, so that faults of several overlap. */
async function damageLink({ forMs, random, sleep, say }: Damage, name: string, proxy: TcpProxy): Promise<number> {
  const end = performance.now() + forMs;
  let turn = Math.floor(random.between(0, faults.length));
  let count = 0;
  try {
    while (performance.now() < end) {
      const fault = faults[turn++ % faults.length] as NetworkFault | 'reset';
      say(`  ${name}: ${fault === 'reset' ? fault : fault.kind}`);
      if (fault === 'reset') proxy.resetAll();
      else proxy.setFault(fault);
      await sleep(Math.min(random.between(1_000, 8_000), Math.max(0, end - performance.now())));
      proxy.setFault(noFault);
      await sleep(Math.min(random.between(500, 2_500), Math.max(0, end - performance.now())));
      count += 1;
    }
  } finally {
    proxy.setFault(noFault);
  }
  return count;
}
