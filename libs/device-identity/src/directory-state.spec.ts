import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { deviceStateV1, lifecycles, profileStateV1, tenantStateV1 } from '@myelin/contracts';
import { deviceId, deviceKey, tenantId } from '@myelin/kernel';
import fc from 'fast-check';
import { DirectoryState, slowClockMs } from './directory-state.js';

const nowMs = Date.parse('2026-11-23T08:00:00Z');
const key = 'acme/sensor-17';
const ids = { first: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071', second: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072' };

const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
const at = (offsetMs: number): string => new Date(nowMs + offsetMs).toISOString();
const basic = (userPass: string): string => `Basic ${Buffer.from(userPass).toString('base64')}`;

function credentials(
  ...list: { id: string; secret: string; fromMs?: number; toMs?: number }[]
): Parameters<DirectoryState['applyCredentials']>[1] {
  return {
    tenant: 'acme',
    device: 'sensor-17',
    credentials: list.map(({ id, secret, fromMs = -1_000, toMs }) => ({
      id,
      kind: 'secret' as const,
      secretSha256: digestOf(secret),
      notBefore: at(fromMs),
      ...(toMs === undefined ? {} : { notAfter: at(toMs) }),
    })),
    version: 1,
  };
}

const steps = {
  device: (state: DirectoryState) => state.applyDeviceState(key, deviceStateV1.example),
  credentials: (state: DirectoryState) => state.applyCredentials(key, credentials({ id: ids.first, secret: 'right' })),
  profile: (state: DirectoryState) => state.applyProfile('acme/thermometer', profileStateV1.example),
  tenant: (state: DirectoryState) => state.applyTenant('acme', tenantStateV1.example),
};

function filled(): DirectoryState {
  const state = new DirectoryState();
  for (const step of Object.values(steps)) step(state);
  return state;
}

describe('the device directory', () => {
  test('both schemes authenticate, with what an edge must know', () => {
    const state = filled();
    const expected = {
      kind: 'authenticated',
      device: {
        tenant: 'acme',
        device: 'sensor-17',
        key,
        index: 17,
        profile: expect.objectContaining({ profile: 'thermometer', storageClass: 'standard' }),
        limits: { messagesPerSecond: 5_000, messagesPerSecondPerDevice: 50 },
      },
    };
    expect(state.authenticate(`Bearer ${ids.first}.right`, nowMs)).toEqual(expected);
    expect(state.authenticate(basic(`${key}:right`), nowMs)).toEqual(expected);
  });

  test('records may come in any order, and nothing is authenticated before all of them are there', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.values(steps), { minLength: 4 }), (order) => {
        const state = new DirectoryState();
        order.forEach((step, nth) => {
          expect(state.authenticate(`Bearer ${ids.first}.right`, nowMs).kind).not.toBe('authenticated');
          step(state);
          if (nth === 3) expect(state.authenticate(`Bearer ${ids.first}.right`, nowMs).kind).toBe('authenticated');
        });
      }),
    );
  });

  test.each(lifecycles.filter((lifecycle) => lifecycle !== 'active'))(
    'a device that is %s is forbidden, and only who knows the secret is told so',
    (lifecycle) => {
      const state = filled();
      state.applyDeviceState(key, { ...deviceStateV1.example, lifecycle });
      expect(state.authenticate(basic(`${key}:right`), nowMs)).toEqual({ kind: 'forbidden', lifecycle, key });
      expect(state.authenticate(basic(`${key}:wrong`), nowMs).kind).toBe('unauthenticated');
    },
  );

  test('a device that somebody vouches for is what its state says, without any credential; one without a state is nobody', () => {
    const state = filled();
    const known = deviceKey(tenantId('acme'), deviceId('sensor-17'));
    const unknown = { kind: 'unauthenticated', reason: 'unknown' };
    expect(state.vouchedFor(known)).toEqual(state.authenticate(basic(`${key}:right`), nowMs));
    expect(state.vouchedFor(deviceKey(tenantId('other'), deviceId('sensor-17')))).toEqual(unknown);
    state.applyDeviceState(key, { ...deviceStateV1.example, lifecycle: 'suspended' });
    expect(state.vouchedFor(known)).toEqual({ kind: 'forbidden', lifecycle: 'suspended', key });
    state.applyDeviceState(key, null);
    expect(state.vouchedFor(known)).toEqual(unknown);
  });

  test.each([
    ['no header', undefined, 'missing'],
    ['a wrong secret with Basic', basic(`${key}:wrong`), 'wrong-secret'],
    ['a wrong secret with Bearer', `Bearer ${ids.first}.wrong`, 'wrong-secret'],
    ['an unknown device', basic('acme/nobody:right'), 'unknown'],
    ['the same device under another tenant', basic('other/sensor-17:right'), 'unknown'],
    ['an unknown credential', `Bearer ${ids.second}.right`, 'unknown'],
  ])('%s is refused', (_what, header, reason) => {
    expect(filled().authenticate(header, nowMs)).toEqual({ kind: 'unauthenticated', reason });
  });

  test('a credential counts from notBefore, by a slow clock too, until just before notAfter, and two may overlap', () => {
    const state = filled();
    state.applyCredentials(
      key,
      credentials(
        { id: ids.first, secret: 'old', toMs: 1_000 },
        { id: ids.second, secret: 'new', fromMs: slowClockMs + 500 },
      ),
    );
    const outcome = (secret: string, offsetMs: number): string => {
      const found = state.authenticate(basic(`${key}:${secret}`), nowMs + offsetMs);
      return found.kind === 'unauthenticated' ? found.reason : found.kind;
    };
    expect([outcome('old', 0), outcome('old', 999), outcome('old', 1_000)]).toEqual([
      'authenticated',
      'authenticated',
      'expired',
    ]);
    expect([outcome('new', 499), outcome('new', 500)]).toEqual(['not-yet-valid', 'authenticated']);
  });

  test('a revoked credential is out, the other one stays', () => {
    const state = filled();
    state.applyCredentials(key, credentials({ id: ids.first, secret: 'a' }, { id: ids.second, secret: 'b' }));
    state.applyCredentials(key, credentials({ id: ids.second, secret: 'b' }));
    expect(state.authenticate(`Bearer ${ids.first}.a`, nowMs)).toEqual({ kind: 'unauthenticated', reason: 'unknown' });
    expect(state.authenticate(`Bearer ${ids.second}.b`, nowMs).kind).toBe('authenticated');
    state.applyCredentials(key, credentials());
    expect(state.authenticate(`Bearer ${ids.second}.b`, nowMs).kind).toBe('unauthenticated');
  });

  test('of a connection what a header says is remembered, never what it is worth', () => {
    const [state, connection] = [filled(), {}];
    const kindOf = (header: string | undefined): string => state.authenticate(header, nowMs, connection).kind;
    const right = basic(`${key}:right`);
    expect([right, right, basic(`${key}:wrong`), undefined, right].map(kindOf)).toEqual([
      ...['authenticated', 'authenticated', 'unauthenticated', 'unauthenticated', 'authenticated'],
    ]);
    state.applyDeviceState(key, { ...deviceStateV1.example, lifecycle: 'suspended' });
    expect(kindOf(right)).toBe('forbidden');
    state.applyCredentials(key, credentials());
    expect(kindOf(right)).toBe('unauthenticated');
  });

  test('a device that was deleted is unknown, and its slot never leaks to the next one', () => {
    const state = filled();
    state.applyDeviceState(key, null);
    state.applyCredentials(key, null);
    expect(state.counts).toEqual({ devices: 0, credentials: 0, profiles: 1, tenants: 1 });
    state.applyDeviceState('acme/next', { ...deviceStateV1.example, device: 'next', index: 18 });
    expect(state.authenticate(basic(`acme/next:right`), nowMs).kind).toBe('unauthenticated');
    expect(state.authenticate(`Bearer ${ids.first}.right`, nowMs).kind).toBe('unauthenticated');
  });

  test('thousands of devices keep apart while the columns grow', () => {
    const state = filled();
    for (let nth = 0; nth < 5_000; nth++) {
      const device = `d${nth}`;
      const id = `00000000-0000-7000-8000-${String(nth).padStart(12, '0')}`;
      state.applyDeviceState(`acme/${device}`, { ...deviceStateV1.example, device, index: nth });
      state.applyCredentials(`acme/${device}`, credentials({ id, secret: device }));
    }
    for (const nth of [0, 1_023, 1_024, 4_999]) {
      const outcome = state.authenticate(basic(`acme/d${nth}:d${nth}`), nowMs);
      expect(outcome).toMatchObject({ kind: 'authenticated', device: { index: nth, device: `d${nth}` } });
      expect(state.authenticate(basic(`acme/d${nth}:d${nth + 1}`), nowMs).kind).toBe('unauthenticated');
    }
  });

  test('a record whose key is no device key changes nothing', () => {
    const state = filled();
    state.applyDeviceState('nonsense', deviceStateV1.example);
    state.applyCredentials('a b/c', credentials());
    expect(state.counts.devices).toBe(1);
  });
});
