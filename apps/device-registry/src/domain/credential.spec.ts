import { describe, expect, test } from '@jest/globals';
import { faultOfWindow, isLive, presentations } from './credential.js';

const nowMs = 1_795_420_800_000;
const at = (offsetMs: number): Date => new Date(nowMs + offsetMs);

describe('credentials', () => {
  test('one that has not begun counts, one that is over or revoked does not', () => {
    const open = { notBefore: at(0), notAfter: null, revokedAt: null };
    expect(isLive(open, nowMs)).toBe(true);
    expect(isLive({ ...open, notBefore: at(1_000) }, nowMs)).toBe(true);
    expect(isLive({ ...open, notAfter: at(0) }, nowMs)).toBe(false);
    expect(isLive({ ...open, notAfter: at(1) }, nowMs)).toBe(true);
    expect(isLive({ ...open, revokedAt: at(-1) }, nowMs)).toBe(false);
  });

  test('a window that no device could use is a fault', () => {
    expect(faultOfWindow({ notBefore: at(0), notAfter: null }, nowMs)).toBeUndefined();
    expect(faultOfWindow({ notBefore: at(0), notAfter: at(1) }, nowMs)).toBeUndefined();
    expect(faultOfWindow({ notBefore: at(-9), notAfter: at(0) }, nowMs)).toBe('already-over');
    expect(faultOfWindow({ notBefore: at(9), notAfter: at(5) }, nowMs)).toBe('ends-before-it-begins');
  });

  test('the device id is percent-encoded inside the Basic user name', () => {
    const minted = { id: 'i', secret: 's', secretSha256: 'h' };
    expect(presentations('acme', 'a:b.c', minted)).toEqual({
      bearer: 'i.s',
      basic: { username: 'acme/a%3Ab.c', password: 's' },
    });
  });
});
