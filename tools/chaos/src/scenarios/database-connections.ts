import { Client } from 'pg';
import type { Scenario } from '../scenario.js';
import { expectUnnoticed } from './database.js';

export const databaseConnections: Scenario = {
  name: 'database-connections',
  summary: 'somebody takes every connection of PostgreSQL, those of the services too; devices do not notice',
  kafkaNodes: 1,
  defaultForMs: 120_000,
  damage: async (damage) => {
    const hog = new ConnectionHog(damage.chaos.postgres.url);
    try {
      await hog.takeAll();
      const end = performance.now() + damage.forMs;
      while (performance.now() < end) {
        await damage.sleep(500);
        // Whatever a service has got meanwhile, too.
        await hog.takeAll();
      }
      damage.note(`${hog.held} connections taken`);
    } finally {
      await hog.release();
    }
    expectUnnoticed(damage);
  },
};

/** `too_many_connections` */
const exhausted = '53300';

/** Opens connections as superuser until the server refuses, ends everybody else's, and opens those as well. */
class ConnectionHog {
  readonly #clients: Client[] = [];

  constructor(private readonly url: string) {}

  get held(): number {
    return this.#clients.length;
  }

  async takeAll(): Promise<void> {
    await this.#takeFree();
    await this.#clients[0]?.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND application_name <> 'hog'`,
    );
    await this.#takeFree();
  }

  async release(): Promise<void> {
    await Promise.allSettled(this.#clients.splice(0).map((client) => client.end()));
  }

  async #takeFree(): Promise<void> {
    for (;;) {
      const client = new Client({ connectionString: this.url, application_name: 'hog' });
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch (error) {
        if ((error as { code?: string }).code === exhausted) return;
        throw error;
      }
      this.#clients.push(client);
    }
  }
}
