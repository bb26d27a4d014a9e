import { describe, expect, test } from '@jest/globals';
import { withoutSecrets } from '../without-secrets.js';
import { judgeCertificate } from './certificates.js';
import { clockFinding } from './clock-skew.js';
import { judgeRoom } from './disk.js';
import { judge } from './groups.js';
import { isAtLeast, versionIn } from './versions.js';

const at = (committed: bigint, lag: bigint) => [{ topic: 't', partition: 0, committed, lag }];

describe('a consumer group', () => {
  const verdict = (members: number, before: bigint, after: bigint, lag: bigint): string | undefined =>
    judge('a.group', 'a', { members, before: at(before, 10n), after: lag === 0n ? undefined : at(after, lag) })[0]
      ?.status;

  test('is stuck when its members read nothing of what waits, or when nobody is there to read it', () => {
    expect(verdict(2, 5n, 5n, 10n)).toBe('error');
    expect(verdict(0, 5n, 5n, 10n)).toBe('error');
  });

  test('is not stuck when it moves, however far it is behind, or when nothing is left', () => {
    expect(verdict(2, 5n, 6n, 10n)).toBeUndefined();
    expect(verdict(0, 5n, 15n, 0n)).toBeUndefined();
  });
});

describe('a certificate', () => {
  const nowMs = Date.parse('2026-11-27T00:00:00Z');
  const verdict = (validTo: string, distrust?: string): string =>
    judgeCertificate('x', { validToMs: Date.parse(validTo), distrust, nowMs }, 'look').status;

  test('that has ended or is not trusted is an error, that ends soon a warning', () => {
    expect(verdict('2026-11-26T00:00:00Z')).toBe('error');
    expect(verdict('2027-11-26T00:00:00Z', 'self-signed certificate')).toBe('error');
    expect(verdict('2026-12-10T00:00:00Z')).toBe('warning');
    expect(verdict('2027-11-26T00:00:00Z')).toBe('ok');
  });
});

test('a clock is off by what the way there and back, and the resolution, cannot explain', () => {
  const verdict = (theirsMs: number, resolutionMs = 1): string =>
    clockFinding('c', 'x', { askedMs: 100_000, theirsMs, answeredMs: 104_000, resolutionMs }).status;
  expect([verdict(102_000), verdict(98_100), verdict(97_500, 1_000), verdict(105_900)]).toEqual([
    'ok',
    'ok',
    'ok',
    'ok',
  ]);
  expect([verdict(95_000), verdict(110_000)]).toEqual(['warning', 'warning']);
  expect([verdict(60_000), verdict(140_000)]).toEqual(['error', 'error']);
});

test('room is an error when there is next to none, and a warning before', () => {
  const room = (mib: number): string => judgeRoom('d', '/x', mib * 2 ** 20).status;
  expect([room(100), room(1_000), room(10_000)]).toEqual(['error', 'warning', 'ok']);
});

test('versions are compared by number', () => {
  expect([isAtLeast('24.9.0', [24, 11]), isAtLeast('24.11.0', [24, 11]), isAtLeast('25.0.1', [24, 11])]).toEqual([
    false,
    true,
    true,
  ]);
  expect(versionIn('\u001b[1mApache Maven 3.8.7\u001b[m')).toBe('3.8.7');
  expect(versionIn('openjdk version "21" 2023-09-19')).toBe('21');
});

test('what stands before the @ of an address is never told', () => {
  expect(withoutSecrets('see postgres://a:b%40c@h:1/d and https://t0ken@h/')).toBe(
    'see postgres://***@h:1/d and https://***@h/',
  );
});
