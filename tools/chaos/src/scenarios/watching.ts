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

async function withoutService(
  { chaos, forMs, sleep }: Damage,
  service: 'ingest-gateway' | 'telemetry' | 'alerting',
): Promise<void> {
  const away = await chaos.away(service);
  try {
    await sleep(forMs);
  } finally {
    await away.start();
  }
}

async function withoutServer(
  { forMs, sleep }: Damage,
  server: { kill(signal: 'SIGKILL'): unknown; start(): Promise<void> },
): Promise<void> {
  await server.kill('SIGKILL');
  try {
    await sleep(forMs);
  } finally {
    await server.start();
  }
}

export const watching: readonly Scenario[] = [
  watched('kafka-away', 'Kafka is away; no device is called silent', (damage) =>
    withoutServer(damage, damage.chaos.kafka.nodes[0] as NonNullable<(typeof damage.chaos.kafka.nodes)[0]>),
  ),
  watched('database-away', 'PostgreSQL is away; no device is called silent', (damage) =>
    withoutServer(damage, damage.chaos.postgres),
  ),
  watched('gateways-away', 'all gateways are away; no device is called silent', (damage) =>
    withoutService(damage, 'ingest-gateway'),
  ),
  watched('alerting-away', 'alerting is away; it finds afterwards what it would have found', (damage) =>
    withoutService(damage, 'alerting'),
  ),
  watched('telemetry-away', 'telemetry is away; alerting does not notice', (damage) =>
    withoutService(damage, 'telemetry'),
  ),
  watched(
    'killed',
    'SIGKILL of alerting, gateway, Kafka and PostgreSQL in random turn; each alarm is raised once and cleared once',
    (damage) => killInTurn(damage, ['alerting', 'ingest-gateway', 'kafka', 'postgres']),
    { mayExit: true, defaultForMs: fiveMinutesMs },
  ),
];
