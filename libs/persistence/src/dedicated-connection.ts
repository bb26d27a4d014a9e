import { setTimeout } from 'node:timers/promises';
import type { QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import { SessionClient } from './session-client.js';
import { translateDatabaseError } from './translate-error.js';

export interface DedicatedConnectionOptions {
  /** Added to the data source's application name. */
  readonly purpose: string;
  /** A statement without an answer for this long means that the connection is dead; 10,000 by default. */
  readonly answerTimeoutMs?: number;
}

/** A connection beside the pool, for what belongs to a session: advisory locks and notifications. */
export interface DedicatedConnection {
  /** False for good as soon as the connection broke or was closed. */
  readonly alive: boolean;
  query<Row extends QueryResultRow>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  onNotification(listener: (channel: string) => void): void;
  /** Called once. */
  onLost(listener: () => void): void;
  /** Ends the session and with it its locks; does not wait for statements under way. */
  close(): Promise<void>;
}

// The server notices a client that vanished without a word (power, network) within about 25 s and frees its locks.
const serverSideKeepAlive = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3';

const closeTimeMs = 1_000;

/** Connects with the data source's address, role, search path and time-outs. @throws PersistenceError */
export async function openDedicatedConnection(
  dataSource: DataSource,
  { purpose, answerTimeoutMs = 10_000 }: DedicatedConnectionOptions,
): Promise<DedicatedConnection> {
  const { url, applicationName, extra } = dataSource.options as {
    url?: string;
    applicationName?: string;
    extra?: { options?: string };
  };
  const client = new SessionClient({
    ...extra,
    ...(url === undefined ? {} : { connectionString: url }),
    application_name: `${applicationName ?? 'myelin'}:${purpose}`,
    connectionTimeoutMillis: answerTimeoutMs,
    query_timeout: answerTimeoutMs,
    options: `${extra?.options ?? ''} ${serverSideKeepAlive}`.trim(),
  });
  const connection = new SessionConnection(client);
  try {
    await client.connect();
  } catch (error) {
    await connection.close();
    throw translateDatabaseError(error);
  }
  return connection;
}

class SessionConnection implements DedicatedConnection {
  private broken = false;
  private readonly lostListeners: (() => void)[] = [];

  constructor(private readonly client: SessionClient) {
    client.on('error', () => this.lose());
    client.on('end', () => this.lose());
  }

  get alive(): boolean {
    return !this.broken;
  }

  async query<Row extends QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      const { rows } = await this.client.query<Row>(sql, [...parameters]);
      return rows;
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  onNotification(listener: (channel: string) => void): void {
    this.client.on('notification', ({ channel }) => listener(channel));
  }

  onLost(listener: () => void): void {
    if (this.broken) listener();
    else this.lostListeners.push(listener);
  }

  async close(): Promise<void> {
    this.lose();
    const ended = this.client.end().catch(() => undefined);
    await Promise.race([ended, setTimeout(closeTimeMs, undefined, { ref: false })]);
    this.client.destroy();
  }

  private lose(): void {
    if (this.broken) return;
    this.broken = true;
    for (const listener of this.lostListeners.splice(0)) listener();
  }
}
