import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ImportSummary } from '../src/features/import-devices/import-devices.handler.js';
import type { LineResult } from '../src/features/import-devices/line-result.js';
import type { ApiClient } from './api-client.js';

export interface Outcome {
  readonly results: LineResult[];
  readonly summary: ImportSummary;
}

/** Sends and reads at the same time, as the route does. */
export async function sendLines(client: ApiClient, lines: Iterable<string | Buffer>): Promise<Outcome> {
  const headers = { authorization: `Bearer ${client.token ?? ''}`, 'content-type': 'application/x-ndjson' };
  const outgoing = request(`${client.url}/v1/device-imports`, { method: 'POST', headers });
  const answered = new Promise<Readable>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  Readable.from(lines).pipe(outgoing);
  const results: (LineResult | ImportSummary)[] = [];
  for await (const line of createInterface({ input: await answered })) results.push(JSON.parse(line) as LineResult);
  return { results: results.slice(0, -1) as LineResult[], summary: results.at(-1) as ImportSummary };
}
