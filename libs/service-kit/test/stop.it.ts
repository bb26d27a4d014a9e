import { Agent, request } from 'node:http';
import { Controller, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { type CustomTransportStrategy, EventPattern, Payload, Server } from '@nestjs/microservices';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import type { RunningService } from '../src/index.js';
import { recordedLogger, startSample } from './fixture.js';
import { SlowController, gate } from './sample.module.js';

const events: string[] = [];

@Controller()
class ThingConsumer {
  @EventPattern('things')
  onThing(@Payload() thing: { readonly name: string }): string {
    return `handled ${thing.name}`;
  }
}

@Injectable()
class Store implements OnModuleDestroy {
  onModuleDestroy(): void {
    events.push('application');
  }
}

@Module({ controllers: [SlowController, ThingConsumer], providers: [Store] })
class StoppableModule {}

/** In place of Kafka: service-kit only promises when it starts and stops what it is handed. */
class RecordingTransport extends Server implements CustomTransportStrategy {
  closedWithMs: number | undefined;
  failOnListen: Error | undefined;

  listen(callback: (error?: unknown) => void): void {
    events.push('transport started');
    callback(this.failOnListen);
  }

  close(remainingMs?: number): void {
    events.push('transport');
    this.closedWithMs = remainingMs;
  }

  on(): void {}

  unwrap<T>(): T {
    return this as unknown as T;
  }

  async deliver(pattern: string, data: unknown): Promise<unknown> {
    const result: unknown = await this.getHandlerByPattern(pattern)?.(data);
    return lastValueFrom(this.transformToObservable(result));
  }
}

beforeEach(() => {
  events.length = 0;
  gate.reset();
});

async function start(
  overrides: Parameters<typeof startSample>[0] = {},
): Promise<{ service: RunningService; transport: RecordingTransport }> {
  const transport = new RecordingTransport();
  const module = StoppableModule;
  const service = await startSample({
    module,
    transport,
    afterClose: () => void events.push('afterClose'),
    ...overrides,
  });
  return { service, transport };
}

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

describe('consumers', () => {
  test('are Nest event handlers, connected to the transport and without the HTTP guards and pipes', async () => {
    const { service, transport } = await start();
    await expect(transport.deliver('things', { name: 'pump' })).resolves.toBe('handled pump');
    expect([...transport.getHandlers().keys()]).toEqual(['things']);
    await service.close();
  });

  test('that cannot be started fail the start, after everything was closed', async () => {
    const transport = new RecordingTransport();
    transport.failOnListen = new Error('no broker');
    await expect(start({ transport })).rejects.toThrow('no broker');
    expect(events).toEqual(['transport started', 'transport', 'application', 'afterClose']);
  });
});

describe('a graceful stop', () => {
  test('lets requests under way finish before anything that they need is closed', async () => {
    const { service } = await start();
    const answer = fetch(`${service.url}/v1/slow`).then((response) => response.json());
    await gate.entered.promise;
    const closed = service.close();
    const server = service.app.getHttpServer();
    while (server.listening) await new Promise((done) => void setImmediate(done));
    events.push('listener closed');
    gate.open.resolve();
    await expect(answer).resolves.toEqual({ done: true });
    await expect(closed).resolves.toBe(0);
    expect(events).toEqual(['transport started', 'listener closed', 'transport', 'application', 'afterClose']);
  });

  test('gives readiness 503 while the listener is still open, liveness stays 200', async () => {
    const { service } = await start({ readinessDelayMs: 2_000, drainMs: 10_000 });
    expect(await statusOf(`${service.url}/health/ready`)).toBe(200);
    const closed = service.close();
    const response = await fetch(`${service.url}/health/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: 'stopping' });
    expect(await statusOf(`${service.url}/health/live`)).toBe(200);
    await closed;
  });

  test('does not wait for idle keep-alive connections', async () => {
    const { service } = await start();
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((done) =>
      request(`${service.url}/health/live`, { agent }, (response) => void response.resume().on('end', done)).end(),
    );
    const startedAt = performance.now();
    expect(await service.close()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    agent.destroy();
  });

  test('takes no new connections after it', async () => {
    const { service } = await start();
    await service.close();
    await expect(fetch(`${service.url}/health/live`)).rejects.toThrow();
  });

  test('happens once, however often it is asked for, and closes the transport once with the time that is left', async () => {
    const { service, transport } = await start();
    expect(await Promise.all([service.close(), service.close()])).toEqual([0, 0]);
    expect(events.filter((event) => event === 'transport')).toHaveLength(1);
    expect(transport.closedWithMs).toBeGreaterThan(0);
    expect(transport.closedWithMs).toBeLessThanOrEqual(5_000);
  });

  test('cuts what does not end by its share of the deadline, goes on, and gives 1', async () => {
    const { logger, lines } = recordedLogger();
    const { service } = await start({ drainMs: 600, logger });
    const answer = fetch(`${service.url}/v1/slow`).then(
      () => 'answered',
      () => 'cut',
    );
    await gate.entered.promise;
    expect(await service.close()).toBe(1);
    expect(await answer).toBe('cut');
    expect(events).toEqual(['transport started', 'transport', 'application', 'afterClose']);
    expect(lines).toContainEqual(expect.objectContaining({ step: 'http', msg: 'a step of the stop failed' }));
  });

  test('goes on after a step that fails, and gives 1', async () => {
    const { service } = await start({ afterClose: () => Promise.reject(new Error('no')) });
    expect(await service.close()).toBe(1);
  });
});

describe('readiness', () => {
  test('is 503 when a critical check fails, shows each check, and hides what foreign errors say', async () => {
    let failing = true;
    const fail = (): Promise<void> => (failing ? Promise.reject(new Error('password=hunter2')) : Promise.resolve());
    const { service } = await start({
      health: () => [
        { name: 'database', critical: true, check: fail },
        { name: 'search', critical: false, check: () => Promise.reject(new Error('away')) },
      ],
    });
    const bad = await fetch(`${service.url}/health/ready`);
    const report = await bad.text();
    expect(bad.status).toBe(503);
    expect(report).not.toContain('hunter2');
    expect(JSON.parse(report)).toMatchObject({
      status: 'unhealthy',
      checks: [
        { name: 'database', healthy: false, critical: true, detail: 'Error' },
        { name: 'search', healthy: false, critical: false },
      ],
    });
    failing = false;
    expect(await statusOf(`${service.url}/health/ready`)).toBe(200);
    await service.close();
  });

  test('does not hang on a check that hangs', async () => {
    const { service } = await start({
      health: () => [{ name: 'database', critical: true, check: () => new Promise(() => undefined) }],
    });
    const response = await fetch(`${service.url}/health/ready`);
    expect(await response.json()).toMatchObject({ checks: [{ healthy: false, detail: 'CheckTimeout' }] });
    await service.close();
  });

  test('requests that come together share one round of checks', async () => {
    let rounds = 0;
    const open = Promise.withResolvers<void>();
    const check = (): Promise<void> => {
      rounds += 1;
      return open.promise;
    };
    const { service } = await start({ health: () => [{ name: 'database', critical: true, check }] });
    const arrived = Promise.withResolvers<void>();
    let arrivals = 0;
    service.app.getHttpServer().on('request', () => {
      arrivals += 1;
      if (arrivals === 3) setImmediate(arrived.resolve);
    });
    const answers = [1, 2, 3].map(() => statusOf(`${service.url}/health/ready`));
    await arrived.promise;
    open.resolve();
    expect(await Promise.all(answers)).toEqual([200, 200, 200]);
    expect(rounds).toBe(1);
    await service.close();
  });
});
