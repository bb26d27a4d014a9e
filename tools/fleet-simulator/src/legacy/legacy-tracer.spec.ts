import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitFor } from '@myelin/testing';
import { LegacyTracer, type TracedRequest, legacyService } from './legacy-tracer.js';

const collector = createServer();
const bodies: Buffer[] = [];
let url: string;
beforeEach(async () => {
  collector.on('request', (request: IncomingMessage, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk));
    request.on('end', () => response.writeHead(202).end());
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/api/traces`;
});
afterEach(() => {
  collector.close();
  collector.closeAllConnections();
});

test('a legacy device sends uber-trace-id with its request, and its span to a collector before it is closed', async () => {
  const tracer = new LegacyTracer(url);
  // The last part is the flags: 1 is sampled. The client begins with a random part of what it may sample in a second.
  const sampled = (): TracedRequest | undefined => {
    const request = tracer.begin('POST', '/v1/telemetry', 'device-1');
    return request.headers['uber-trace-id']?.endsWith(':1') === true ? request : undefined;
  };
  const traced = await waitFor(sampled, { timeoutMs: 10_000, what: () => 'a sampled request' });
  expect(traced.headers).toEqual({ 'uber-trace-id': expect.stringMatching(/^[0-9a-f]{1,16}:[0-9a-f]{1,16}:0:1$/) });
  traced.end('503 urn:problem');
  await tracer.close();
  const report = Buffer.concat(bodies).toString('latin1');
  for (const word of [legacyService, 'POST /v1/telemetry', 'device-1', 'span.kind', 'client', 'http.status_code']) {
    expect(report).toContain(word);
  }
});
