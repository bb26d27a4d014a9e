import type { KafkaNode } from '@myelin/local-stack';
import type { ChaosSystem, Startable } from '../chaos-system.js';
import type { Damage, Scenario } from '../scenario.js';
import { Watch } from '../watching/watch.js';
import { killInTurn } from './kill.js';

const twoMinutesMs = 120_000;
const fiveMinutesMs = 300_000;

/** Damage to a system that watches the fleet: the alarms are those of the measurements, and nobody is called silent. */
function watched(
  name: string,
  summary: string,
  doDamage: (damage: Damage) => Promise<void>,
  more: Partial<Scenario> = {},
): Scenario {
  const watches = new WeakMap<Damage, Watch>();
  return {
    ...{ name: `alarms-${name}`, summary, kafkaNodes: 1, needsAlerting: true, defaultForMs: twoMinutesMs },
    damage: async (damage) => {
      watches.set(damage, await Watch.begin(damage));
      await doDamage(damage);
    },
    afterwards: async (damage) => watches.get(damage)?.conclude(damage),
    ...more,
  };
}

async function without(
  { chaos, forMs, sleep }: Damage,
  takeAway: (chaos: ChaosSystem) => Promise<Startable>,
): Promise<void> {
  const away = await takeAway(chaos);
  try {
    await sleep(forMs);
  } finally {
    await away.start();
  }
}

function away(name: string, summary: string, takeAway: (chaos: ChaosSystem) => Promise<Startable>): Scenario {
  return watched(name, summary, (damage) => without(damage, takeAway));
}

export const watching: readonly Scenario[] = [
  away('kafka-away', 'Kafka is away; no device is called silent', async ({ kafka }) => {
    const [node] = kafka.nodes as [KafkaNode];
    await node.kill('SIGKILL');
    return node;
  }),
  away('database-away', 'PostgreSQL is away; no device is called silent', async ({ postgres }) => {
    await postgres.kill('SIGKILL');
    return postgres;
  }),
  away('gateways-away', 'all gateways are away; no device is called silent', (chaos) =>
    chaos.stopService('ingest-gateway'),
  ),
  away('alerting-away', 'alerting is away; it finds afterwards what it would have found', (chaos) =>
    chaos.stopService('alerting'),
  ),
  away('telemetry-away', 'telemetry is away; alerting does not notice', (chaos) => chaos.stopService('telemetry')),
  watched(
    'killed',
    'SIGKILL of alerting, gateway, Kafka and PostgreSQL in random turn; each alarm is raised once and cleared once',
    (damage) => killInTurn(damage, ['alerting', 'ingest-gateway', 'kafka', 'postgres']),
    { mayExit: true, defaultForMs: fiveMinutesMs },
  ),
];
