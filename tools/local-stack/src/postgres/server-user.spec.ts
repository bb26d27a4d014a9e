import { describe, expect, test } from '@jest/globals';
import { serverUser } from './server-user.js';

describe('who PostgreSQL runs as', () => {
  test('is somebody else when we are root', () => {
    expect(serverUser(0)).toEqual({ uid: 65_534, gid: 65_534 });
  });

  test('is who we are otherwise', () => {
    expect(serverUser(1_001, () => ({ username: 'me' }))).toBeUndefined();
  });

  test('an id without a name is told before initdb fails over it, with what to do', () => {
    const nameless = (): never => {
      throw new Error('ENOENT: no such entry');
    };
    expect(() => serverUser(1_001, nameless)).toThrow(/user id 1001.*DATABASE_URL/);
  });
});
