import { describe, expect, test } from '@jest/globals';
import { FailedAttempts } from './failed-attempts.js';
import { PagedNumbers } from './paged-numbers.js';
import { ReportRates } from './report-rates.js';

const limits = { messagesPerSecond: 100, messagesPerSecondPerDevice: 10 };
const reporter = (index: number, tenant = 'acme') => ({ tenant, index, limits });

describe('rates of devices and tenants', () => {
  test('a device over its rate does not hold up another', () => {
    const rates = new ReportRates(1);
    rates.take(reporter(1), 20, 0);
    expect(rates.check(reporter(1), 1, 0)).toEqual({ admitted: false, scope: 'device', waitMs: 100 });
    expect(rates.check(reporter(2), 1, 0)).toEqual({ admitted: true });
  });

  test('the devices of a tenant share its rate, another tenant has its own', () => {
    const rates = new ReportRates(1);
    for (let index = 0; index < 20; index++) rates.take(reporter(index), 10, 0);
    expect(rates.check(reporter(99), 1, 0)).toMatchObject({ admitted: false, scope: 'tenant' });
    expect(rates.check(reporter(99, 'other'), 1, 0)).toEqual({ admitted: true });
  });

  test('the rate of a tenant is divided among the gateways', () => {
    const rates = new ReportRates(4);
    expect(rates.state(reporter(1), 'tenant', 0)).toEqual({ policy: { perSecond: 25, burst: 50 }, remaining: 50 });
  });

  test('numbers by index are zero until set, also far apart', () => {
    const numbers = new PagedNumbers();
    numbers.set(4_294_967_295, 7);
    numbers.set(0, 5);
    expect([numbers.get(4_294_967_295), numbers.get(0), numbers.get(1), numbers.get(9_999_999)]).toEqual([7, 5, 0, 0]);
  });
});

describe('failed authentications', () => {
  test('an address that fails too often is told to wait, another is not', () => {
    const attempts = new FailedAttempts(2, 100);
    for (let nth = 0; nth < 4; nth++) expect(attempts.record('10.0.0.1', 0)).toBe(0);
    expect(attempts.record('10.0.0.1', 0)).toBe(500);
    expect(attempts.record('10.0.0.2', 0)).toBe(0);
    expect(attempts.record('10.0.0.1', 500)).toBe(0);
  });

  test('memory is bounded whatever the number of addresses', () => {
    const attempts = new FailedAttempts(2, 100);
    for (let nth = 0; nth < 10_000; nth++) attempts.record(`10.0.${nth >> 8}.${nth & 255}`, nth);
    expect(attempts.size).toBe(100);
  });
});
