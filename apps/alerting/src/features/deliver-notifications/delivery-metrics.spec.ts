import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Attributes, type Meter, type ObservableCallback, metrics } from '@opentelemetry/api';
import type { Waiting } from '../../persistence/deliveries.repository.js';
import { DeliveryMetrics } from './delivery-metrics.js';

const recorded: [name: string, value: number, attributes: Attributes | undefined][] = [];
const callbacks = new Map<ObservableCallback, string>();

/** Notes what is recorded; the SDK's own readers are not this room's. */
const noting = {
  createCounter: (name: string) => ({
    add: (value: number, attributes?: Attributes): void => void recorded.push([name, value, attributes]),
  }),
  createObservableGauge: (name: string) => ({
    addCallback: (callback: ObservableCallback): void => void callbacks.set(callback, name),
    removeCallback: (callback: ObservableCallback): void => void callbacks.delete(callback),
  }),
} as unknown as Meter;

/** What a reader is told now. */
async function observed(): Promise<[name: string, value: number][]> {
  const told: [string, number][] = [];
  for (const [callback, name] of callbacks) await callback({ observe: (value) => void told.push([name, value]) });
  return told;
}

beforeAll(() => {
  metrics.setGlobalMeterProvider({ getMeter: () => noting });
});
afterAll(() => metrics.disable());
beforeEach(() => void recorded.splice(0));

const metricsOf = (waiting: () => Promise<Waiting>): DeliveryMetrics => new DeliveryMetrics(waiting);

test('how many notifications wait, and for how long, is told from the start to the stop', async () => {
  const delivery = metricsOf(() => Promise.resolve({ count: 3, oldestAgeMs: 4_500 }));
  expect(await observed()).toEqual([]);
  delivery.start();
  expect(await observed()).toEqual([
    ['myelin.alerting.deliveries.waiting', 3],
    ['myelin.alerting.deliveries.oldest_age', 4.5],
  ]);
  delivery.stop();
  expect(await observed()).toEqual([]);
});

test('while the database is away there is no figure, rather than a wrong one', async () => {
  const delivery = metricsOf(() => Promise.reject(new Error('away')));
  delivery.start();
  expect(await observed()).toEqual([]);
  delivery.stop();
});

test('tries are counted by outcome, notifications when they are delivered or parked, and not while they wait', () => {
  const delivery = metricsOf(() => Promise.resolve({ count: 0, oldestAgeMs: 0 }));
  delivery.tried('webhook', 'failed');
  delivery.recorded('webhook', 'pending');
  delivery.tried('webhook', 'delivered');
  delivery.recorded('webhook', 'delivered');
  delivery.recorded('email', 'parked');
  expect(recorded).toEqual([
    ['myelin.alerting.delivery.tries', 1, { 'myelin.receiver.kind': 'webhook', 'myelin.outcome': 'failed' }],
    ['myelin.alerting.delivery.tries', 1, { 'myelin.receiver.kind': 'webhook', 'myelin.outcome': 'delivered' }],
    ['myelin.alerting.deliveries.ended', 1, { 'myelin.receiver.kind': 'webhook', 'myelin.state': 'delivered' }],
    ['myelin.alerting.deliveries.ended', 1, { 'myelin.receiver.kind': 'email', 'myelin.state': 'parked' }],
  ]);
});
