import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SpawnedService, freePort, spawnService } from '../process/spawn-service.js';

/** A Kafka that one suite alone uses, so that it may take it away. Its address and its data stay. Needs the build. */
export class OwnKafka implements AsyncDisposable {
  #process: SpawnedService | undefined;
  readonly #directory = mkdtempSync(join(tmpdir(), 'myelin-own-kafka-'));

  private constructor(private readonly port: number) {}

  static async start(): Promise<OwnKafka> {
    const kafka = await OwnKafka.away();
    await kafka.start();
    return kafka;
  }

  /** One that has an address and is not there yet. */
  static async away(): Promise<OwnKafka> {
    return new OwnKafka(await freePort());
  }

  get brokers(): string[] {
    return [`127.0.0.1:${this.port}`];
  }

  async start(): Promise<void> {
    this.#process = await spawnService(
      'tools/local-stack/dist/main.js',
      // Parts that are named are not started.
      { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', OIDC_ISSUER: 'http://127.0.0.1:1' },
      {
        args: ['up', '--keep', this.#directory, '--kafka-port', String(this.port)],
        nodeArgs: [],
        readyLine: /^ready/m,
        readyTimeoutMs: 90_000,
      },
    );
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
