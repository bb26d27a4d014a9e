import type { KafkaNode } from '@myelin/local-stack';
import { RolloutWatch } from '../rollouts/rollout-watch.js';
import type { Damage, Scenario } from '../scenario.js';
import type { ChaosSystem, Startable } from '../chaos-system.js';
import { killInTurn } from './kill.js';

const twoMinutesMs = 120_000;
const fiveMinutesMs = 300_000;
const minuteMs = 60_000;

/** Damage while firmware is rolled out: nobody is told two things, and what devices run is known. */
function rolledOut(
  name: string,
  summary: string,
  doDamage: (damage: Damage) => Promise<void>,
  { isClockRight = true, ...more }: Partial<Scenario> & { readonly isClockRight?: boolean } = {},
): Scenario {
  const watches = new WeakMap<Damage, RolloutWatch>();
  return {
    ...{ name: `rollout-${name}`, summary, kafkaNodes: 1, needsFirmware: true, defaultForMs: twoMinutesMs },
    damage: async (damage) => {
      const watch = await RolloutWatch.begin(damage, { isClockRight });
      watches.set(damage, watch);
      try {
        await doDamage(damage);
      } catch (error) {
        await watch.close();
        throw error;
      }
    },
    afterwards: async (damage) => watches.get(damage)?.conclude(damage),
    ...more,
  };
}

type Take = (chaos: ChaosSystem) => Promise<Startable>;

const kafka: Take = async (chaos) => {
  const [node] = chaos.kafka.nodes as [KafkaNode];
  await node.kill('SIGKILL');
  return node;
};
const database: Take = async ({ postgres }) => {
  await postgres.kill('SIGKILL');
  return postgres;
};
const service: Take = (chaos) => chaos.stopService('firmware-rollout');

const without =
  (take: Take) =>
  async ({ chaos, forMs, sleep }: Damage): Promise<void> => {
    const away = await take(chaos);
    try {
      await sleep(forMs);
    } finally {
      await away.start();
    }
  };

const killed = (damage: Damage): Promise<void> => killInTurn(damage, ['firmware-rollout', 'kafka', 'postgres']);

const jumps: readonly number[] = [
  5 * minuteMs,
  -5 * minuteMs,
  60 * minuteMs,
  -60 * minuteMs,
  300 * minuteMs,
  -300 * minuteMs,
];

/** The clocks of both processes; in between they are right. */
async function jump({ chaos, forMs, sleep, say, note }: Damage): Promise<void> {
  const stepMs = forMs / jumps.length;
  for (const offsetMs of jumps) {
    say(`  the clock of firmware-rollout jumps by ${offsetMs / minuteMs} minutes`);
    chaos.clocks.shift('firmware-rollout', offsetMs);
    try {
      await sleep(stepMs * 0.6);
    } finally {
      chaos.clocks.shift('firmware-rollout', 0);
    }
    await sleep(stepMs * 0.4);
  }
  note(`${jumps.length * 2} jumps`);
}

/** One damage after the other. */
async function everything(damage: Damage): Promise<void> {
  const each = [killed, without(kafka), without(database), without(service), jump];
  for (const one of each) {
    await one({ ...damage, forMs: damage.forMs / each.length });
    await damage.sleep(damage.forMs / each.length / 2);
  }
}

export const rollouts: readonly Scenario[] = [
  rolledOut('killed', 'SIGKILL of firmware-rollout, Kafka and PostgreSQL in random turn', killed, {
    ...{ mayExit: true, defaultForMs: fiveMinutesMs },
  }),
  rolledOut('kafka-away', 'Kafka is away; devices go on with what they were told', without(kafka)),
  rolledOut('database-away', 'PostgreSQL is away; nobody is told anything', without(database)),
  rolledOut('service-away', 'firmware-rollout is away', without(service)),
  rolledOut('clock-jumps', 'the clock of firmware-rollout jumps forward and back, by minutes and hours', jump, {
    isClockRight: false,
  }),
  rolledOut('all', 'all of these, one after the other', everything, { mayExit: true, isClockRight: false }),
];
