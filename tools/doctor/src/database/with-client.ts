import { Client } from 'pg';

/** Shorter than a check may take. */
const connectTimeoutMs = 3_000;
const statementTimeoutMs = 3_000;

/** One connection that changes nothing. @throws what the driver throws */
export async function withClient<Found>(url: string, work: (client: Client) => Promise<Found>): Promise<Found> {
  const client = new Client({
    ...{ connectionString: url, application_name: 'doctor', connectionTimeoutMillis: connectTimeoutMs },
    ...{ statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs },
    options: '-c default_transaction_read_only=on',
  });
  client.on('error', () => undefined); // the statement under way fails with it
  try {
    await client.connect();
    return await work(client);
  } finally {
    void client.end().catch(() => undefined);
  }
}
