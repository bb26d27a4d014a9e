import { afterAll, beforeAll } from '@jest/globals';
import { ChaosSystem } from '../src/chaos-system.js';

type Options = Omit<Parameters<typeof ChaosSystem.start>[0], 'progress'>;

/** A system of this suite's own: its tests stop servers. To be called once, at the top of a file. */
export function useChaos(options: Options): () => ChaosSystem {
  let chaos: ChaosSystem | undefined;

  beforeAll(async () => {
    // Not those that other suites share.
    for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete process.env[name];
    chaos = await ChaosSystem.start({ ...options, progress: () => undefined });
  }, 240_000);

  afterAll(async () => {
    await chaos?.stop();
  }, 60_000);

  return () => {
    if (chaos === undefined) throw new Error('the system was not started');
    return chaos;
  };
}
