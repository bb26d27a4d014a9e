import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { loggedQuery } from './logged-query.js';

describe('the query in a log line', () => {
  test.each([
    ['/v1/x', undefined],
    ['/v1/x?', undefined],
    ['/v1/x?from=2026-11-26T08:00:00%2B01:00&to=1795420800000', 'from=2026-11-26T08:00:00+01:00&to=1795420800000'],
    ['/v1/x?functions=avg,p99.9&bucket=1mo&limit=5', 'functions=avg,p99.9&bucket=1mo&limit=5'],
    ['/v1/x?timeZone=Europe/Berlin&timeZone=Mars/Olympus', 'timeZone=Europe/Berlin&timeZone'],
    ['/v1/x?device=a&device=b&metric=t&cursor=abc', 'device&device&metric&cursor'],
    ['/v1/x?access_token=secret&from=secret', 'access_token&from'],
    ['/v1/x?k3yF0rTh3Pump&a=1', '...&a'],
    ['/v1/x?constructor=1&__proto__=2', 'constructor&...'],
    ['/v1/x?from=%zz&to=%E0%A4%A', 'from&to'],
  ])('%s: %s', (url, expected) => {
    expect(loggedQuery(url)).toBe(expected);
  });

  test('holds no more than twenty parameters', () => {
    expect(loggedQuery(`/?${'a=1&'.repeat(500)}`)).toBe(`${'a&'.repeat(20)}...`);
  });

  test.each(['from', 'to', 'limit', 'functions', 'bucket', 'timeZone', 'fill', 'measure', 'summary', 'token'])(
    'never holds a secret that was put into %s',
    (name) => {
      const secrets = Array.from({ length: 100 }, (_, nth) => createHash('sha256').update(String(nth)).digest());
      for (const secret of secrets.flatMap((bytes) => [bytes.toString('base64url'), bytes.toString('hex')]))
        expect(loggedQuery(`/?${name}=${secret}`)).toBe(name);
    },
  );
});
