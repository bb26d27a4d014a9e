import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { OperatorClient } from './operator-client.js';
import { readStored } from './stored-measurements.js';

async function withServer<T>(answer: RequestListener, work: (telemetry: OperatorClient) => Promise<T>): Promise<T> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new OperatorClient(`http://127.0.0.1:${port}`, () => Promise.resolve('token'));
  try {
    return await work(client);
  } finally {
    await client.close();
    server.close();
  }
}

const row = (ts: number): string => `${JSON.stringify({ ts, boot: 'b', seq: ts, values: { t: 1 }, duplicates: 0 })}\n`;

describe('reading back', () => {
  test('reads a span again whose answer broke, and no measurement twice', async () => {
    let asked = 0;
    const answer: RequestListener = (request, response) => {
      const from = new URL(request.url ?? '', 'http://localhost').searchParams.get('from') ?? '';
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write(row(Date.parse(from)));
      asked += 1;
      if (asked === 2) setImmediate(() => response.destroy());
      else response.end(row(Date.parse(from) + 1));
    };
    const rows = await withServer(answer, (telemetry) => readStored(telemetry, 'd', 0, 1_200_000));
    expect(rows.map(({ ts }) => ts)).toEqual([0, 1, 600_000, 600_001]);
    expect(asked).toBe(3);
  }, 20_000);

  test('takes a refusal for what it is', async () => {
    let asked = 0;
    const answer: RequestListener = (_, response) => {
      asked += 1;
      response.writeHead(400).end('no');
    };
    const read = withServer(answer, (telemetry) => readStored(telemetry, 'd', 0, 1_200_000));
    await expect(read).rejects.toMatchObject({ code: 'simulator.query-failed' });
    expect(asked).toBe(1);
  });
});
