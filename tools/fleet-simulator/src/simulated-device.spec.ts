import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { defaultFaults, type FaultShares } from './fault-plan.js';
import { GatewayClient } from './gateway-client.js';
import { DeviceIncidents } from './incidents/device-incidents.js';
import { Ledger } from './ledger.js';
import { Random } from './random.js';
import { SimulatedDevice, structuredAt } from './simulated-device.js';

interface Received {
  readonly seqs: readonly number[];
  readonly authorization: string | undefined;
  readonly atMs: number;
}

/** Answers with the given statuses in turn, then with 202 for ever; `0` cuts the connection. */
class ScriptedGateway {
  readonly received: Received[] = [];
  #server: Server | undefined;

  constructor(private readonly statuses: number[]) {}

  async start(): Promise<string> {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const raw = Buffer.concat(chunks);
        const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
        const parsed = JSON.parse(text) as { seq: number } | { seq: number }[];
        this.received.push({
          seqs: (Array.isArray(parsed) ? parsed : [parsed]).map(({ seq }) => seq),
          authorization: request.headers.authorization,
          atMs: Date.now(),
        });
        this.#answer(response);
      });
    }).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  #answer(response: ServerResponse): void {
    const status = this.statuses.shift() ?? 202;
    if (status === 0) return void response.socket?.destroy();
    response.writeHead(status, status === 429 ? { 'retry-after': '0' } : {}).end('{"type":"urn:test"}');
  }
}

const none: FaultShares = { ...defaultFaults, duplicates: 0, disorder: 0, lostAcknowledgements: 0 };

async function runDevice(
  statuses: number[],
  faults: FaultShares,
  gzip = false,
  accepted = 5,
  reportSize = 1,
  incidents?: DeviceIncidents,
): Promise<Outcome> {
  gateway = new ScriptedGateway(statuses);
  client = new GatewayClient(await gateway.start(), 4);
  const ledger = new Ledger();
  const encoding = { mediaType: 'application/json', coding: gzip ? 'gzip' : 'identity' } as const;
  const account = { device: 'd1', authorization: 'Bearer x', targetToken: '', encoding, kind: 'stored' as const };
  let device: SimulatedDevice | undefined;
  await new Promise<void>((resolve) => {
    const settings = {
      account,
      series: { metric: 'temperature', values: Float64Array.of(1, 2, 3) },
      intervalMs: 5,
      reportSize,
      faults,
      maxBatch: 10,
      incidents,
    };
    device = new SimulatedDevice(settings, client as GatewayClient, ledger, new Random(3), () => {
      if (ledger.accepted === 5) incidents?.start(Date.now());
      if (ledger.accepted >= accepted) resolve();
    });
    device.start();
  });
  const drained = (await device?.drain(10_000)) ?? false;
  return { ledger, received: gateway.received, drained };
}

interface Outcome {
  readonly ledger: Ledger;
  readonly received: readonly Received[];
  readonly drained: boolean;
}

let gateway: ScriptedGateway | undefined;
let client: GatewayClient | undefined;

beforeEach(() => {
  gateway = undefined;
  client = undefined;
});

afterEach(async () => {
  await client?.close();
  gateway?.stop();
});

const distinct = (received: readonly Received[]): number => new Set(received.flatMap(({ seqs }) => seqs)).size;

describe('a simulated device', () => {
  test('sends every measurement once to a gateway without faults', async () => {
    const { ledger, received, drained } = await runDevice([], none, true);
    expect(drained).toBe(true);
    expect(ledger.accepted).toBe(distinct(received));
    expect(received.flatMap(({ seqs }) => seqs)).toHaveLength(ledger.accepted);
    expect(ledger.duplicatesSent).toBe(0);
  });

  test('sends again after a 503, a cut connection and a 429, until it is acknowledged', async () => {
    const { ledger, received, drained } = await runDevice([503, 0, 429, 503], none);
    expect(drained).toBe(true);
    expect(ledger.accepted).toBe(distinct(received));
    expect(ledger.unanswered).toBe(3);
    expect(ledger.refused).toBeGreaterThanOrEqual(1);
    expect(received[0]?.seqs[0]).toBe(received[4]?.seqs[0]);
  });

  test('gives up a measurement that is refused for good, and goes on with the next', async () => {
    const { ledger, received } = await runDevice([400], none);
    const [refused] = received;
    expect(received.slice(1).flatMap(({ seqs }) => seqs)).not.toContain(refused?.seqs[0]);
    expect(ledger.refused).toBe(refused?.seqs.length);
  });

  test('sends a measurement again whose acknowledgement was lost, and the ledger counts both', async () => {
    const { ledger, received } = await runDevice([], { ...none, lostAcknowledgements: 1 });
    expect(ledger.duplicatesSent).toBe(ledger.accepted);
    expect(received.flatMap(({ seqs }) => seqs)).toHaveLength(2 * ledger.accepted);
  });

  test('sends several measurements per report, as many reports as fit after an outage, and each once', async () => {
    const { ledger, received, drained } = await runDevice([503, 503], none, false, 40, 4);
    expect(drained).toBe(true);
    const seqs = received.slice(2).flatMap((report) => report.seqs);
    expect(seqs).toEqual(seqs.map((_, i) => i));
    expect(ledger.accepted).toBe(seqs.length);
    expect(new Set(received.map((report) => report.seqs.length))).toEqual(new Set([4, 8]));
    expect(Object.fromEntries(ledger.answers)).toEqual({ '202': received.length - 2, '503 urn:test': 2 });
  });

  test('sends out of order when disorder is asked for, and loses nothing by it', async () => {
    const { ledger, received, drained } = await runDevice([], { ...none, disorder: 0.5 }, false, 30);
    const order = received.flatMap(({ seqs }) => seqs);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    expect(drained).toBe(true);
    expect([...order].sort((a, b) => a - b)).toEqual(order.map((_, i) => i));
    expect(ledger.accepted).toBe(order.length);
  });

  /** From its fifth measurement on. */
  const silentFor = (toMs: number): DeviceIncidents => {
    const incident = { kind: 'silence' as const, devices: [0], fromMs: 0, toMs };
    return new DeviceIncidents([incident], { metric: 'temperature', spread: 1 });
  };
  const held: FaultShares = { ...none, disorder: 0.5 };

  test('that is silent sends nothing, not what was held back either, and all of it afterwards', async () => {
    const { ledger, received, drained } = await runDevice([], held, false, 40, 1, silentFor(300));
    const times = received.map(({ atMs }) => atMs);
    const gaps = times.map((atMs, i) => atMs - (times[i - 1] ?? atMs));
    expect(Math.max(...gaps)).toBeGreaterThanOrEqual(280);
    expect(drained).toBe(true);
    expect(ledger.accepted).toBe(distinct(received));
    expect([...ledger.logs].map(({ count }) => count)).toEqual([ledger.accepted]);
  });

  test('that is silent when it shall measure no more sends what it has', async () => {
    const { ledger, drained } = await runDevice([], held, false, 5, 1, silentFor(3_600_000));
    expect(drained).toBe(true);
    expect([...ledger.logs].map(({ count }) => count)).toEqual([ledger.accepted]);
  });

  test('measures nothing that JSON would alter', () => {
    const altered = Array.from({ length: 20_000 }, (_, seq) => structuredAt(seq)).filter(
      (values) => !isDeepStrictEqual(JSON.parse(JSON.stringify(values)), values),
    );
    expect(altered).toEqual([]);
  });
});
