import type { Damage, Scenario } from '../scenario.js';

type Victim =
  'ingest-gateway' | 'telemetry' | 'device-registry' | 'alerting' | 'firmware-rollout' | 'kafka' | 'postgres';

export const victims: readonly Victim[] = ['ingest-gateway', 'telemetry', 'device-registry', 'kafka', 'postgres'];

const fiveMinutesMs = 300_000;

/** SIGKILL again and again, one process at a time, at random moments. */
export function killScenario(target: Victim | 'all'): Scenario {
  return {
    name: `kill-${target}`,
    summary: target === 'all' ? 'SIGKILL of every process in random turn' : `SIGKILL of ${target}, again and again`,
    kafkaNodes: 1,
    // A service that starts while PostgreSQL or Kafka is away ends, and its supervisor starts it again.
    mayExit: target === 'all',
    defaultForMs: fiveMinutesMs,
    damage: (damage) => killInTurn(damage, target === 'all' ? victims : [target]),
  };
}

export async function killInTurn(damage: Damage, candidates: readonly Victim[]): Promise<void> {
  const { random, sleep, forMs, note } = damage;
  const end = performance.now() + forMs;
  const counts = new Map<Victim, number>();
  do {
    await sleep(random.between(500, 6_000));
    const victim = candidates[Math.floor(random.between(0, candidates.length))] as Victim;
    await kill(damage, victim);
    counts.set(victim, (counts.get(victim) ?? 0) + 1);
  } while (performance.now() < end);
  note([...counts].map(([victim, times]) => `${victim} killed ${times} times`).join(', '));
}

async function kill(damage: Damage, victim: Victim): Promise<void> {
  const { chaos, random, sleep } = damage;
  if (victim === 'kafka' || victim === 'postgres') {
    const server = victim === 'postgres' ? chaos.postgres : chaos.kafka.nodes[0];
    await server?.kill('SIGKILL');
    try {
      await sleep(random.between(0, 3_000));
    } finally {
      await server?.start();
    }
    return;
  }
  const instances = chaos.instancesOf(victim);
  const instance = instances[Math.floor(random.between(0, instances.length))] as string;
  // Not waited for: the next kill may meet it, or the others, while they are still taking over.
  chaos.killService(instance);
}
