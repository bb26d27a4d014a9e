import { describe, expect, test } from '@jest/globals';
import { assert, constantFrom, property, record, shuffledSubarray } from 'fast-check';
import { type Envelope, manifestPayloadType } from '../manifests/envelope.js';
import { type FirmwarePolicy, defaultPolicy } from '../manifests/firmware-policy.js';
import { type VerifyingKey, signatureBytes, signingKeyStates } from '../manifests/signing-key.js';
import { type JudgedRelease, releaseStates } from './release.js';
import { canBePublished, canBeRolledOut, trustOf } from './verdict.js';

const nowMs = Date.parse('2026-11-27T00:00:00Z');
const facts = { sha256: 'a'.repeat(64), sha1: 'b'.repeat(40), md5: 'c'.repeat(32), size: 7 };
const alone = { greatestCounter: 0, twin: undefined };

const definition = {
  ...{ version: '2.4.1', profile: 'thermometer', hardware: ['board:1.0'], part: 'os', metadata: {} },
  artifacts: [{ filename: 'a.swu', sha256: facts.sha256 }],
};

/** Ids of keys whose signature is their number repeated: what they vouch for is not of interest here. */
const keyids = ['1', '2', '3'].map((digit) => digit.repeat(16));
const signatureOf = (keyid: string): Uint8Array => new Uint8Array(signatureBytes).fill(Number(keyid[0]));

function keyOf(keyid: string, state: VerifyingKey['state'] = 'active'): VerifyingKey {
  return { keyid, state, verifies: (_message, signature) => signature.every((byte) => byte === Number(keyid[0])) };
}

function envelopeBy(signers: readonly string[], changes: object = {}): Envelope {
  const manifest = {
    ...{ schema: 'fw-manifest/1', name: 'r', version: '2.4.1', releaseCounter: 5, hardware: ['board:1.0'] },
    artifacts: [{ filename: 'a.swu', ...facts }],
    ...{ createdAt: '2026-01-01T00:00:00Z', expiresAt: '2027-01-01T00:00:00Z', ...changes },
  };
  return {
    ...{ payloadType: manifestPayloadType, payload: Buffer.from(JSON.stringify(manifest)).toString('base64') },
    signatures: signers.map((keyid) => ({ keyid, sig: Buffer.from(signatureOf(keyid)).toString('base64') })),
  };
}

function releaseWith(changes: Partial<JudgedRelease> = {}): JudgedRelease {
  return { release: 'r', state: 'published', definition, manifest: envelopeBy(keyids), facts: [facts], ...changes };
}

const active = keyids.map((keyid) => keyOf(keyid));
const codes = ({ obstacles }: { readonly obstacles: readonly { readonly code: string }[] }): string[] =>
  obstacles.map(({ code }) => code);

describe('a release can be rolled out', () => {
  test('when it is published, not expired, and signed as its profile demands', () => {
    expect(canBeRolledOut(releaseWith(), { unsigned: 'refused', threshold: 3 }, active, nowMs)).toEqual({
      ...{ allowed: true, obstacles: [] },
    });
  });

  test('not otherwise, and then every reason is told at once', () => {
    const manifest = envelopeBy(keyids.slice(0, 2), { expiresAt: '2026-02-01T00:00:00Z', version: '1', name: 'x' });
    const release = releaseWith({ state: 'revoked', manifest, facts: [] });
    const keys = [keyOf(keyids[0] ?? '', 'revoked'), keyOf(keyids[1] ?? '')];
    expect(codes(canBeRolledOut(release, { unsigned: 'accepted', threshold: 2 }, keys, nowMs))).toEqual([
      ...['release-revoked', 'artifact-missing', 'key-not-active', 'threshold-not-reached', 'name-differs'],
      ...['version-differs', 'artifacts-differ', 'expired'],
    ]);
  });

  test('unsigned only where that is accepted', () => {
    const release = releaseWith({ manifest: null });
    expect(codes(canBeRolledOut(release, defaultPolicy, active, nowMs))).toEqual(['unsigned']);
    expect(canBeRolledOut(release, { unsigned: 'accepted', threshold: 5 }, [], nowMs).allowed).toBe(true);
  });

  test('not with a manifest that is wrong where unsigned is accepted', () => {
    const release = releaseWith({ manifest: envelopeBy(['9'.repeat(16)]) });
    expect(codes(canBeRolledOut(release, { unsigned: 'accepted', threshold: 1 }, active, nowMs))).toEqual([
      'threshold-not-reached',
    ]);
  });

  test('when its keys are retired, which is not enough to publish it', () => {
    const retired = keyids.map((keyid) => keyOf(keyid, 'retired'));
    expect(canBeRolledOut(releaseWith(), defaultPolicy, retired, nowMs).allowed).toBe(true);
    expect(codes(canBePublished(releaseWith({ state: 'draft' }), defaultPolicy, retired, nowMs, alone))).toEqual([
      ...['key-not-active', 'key-not-active', 'key-not-active', 'threshold-not-reached'],
    ]);
  });

  test('when enough keys are left of those that have signed it, and not when one fewer is', () => {
    const [first = '', second = '', third = ''] = keyids;
    const keys = [keyOf(first, 'revoked'), keyOf(second), keyOf(third)];
    expect(canBeRolledOut(releaseWith(), { unsigned: 'refused', threshold: 2 }, keys, nowMs).allowed).toBe(true);
    expect(codes(canBeRolledOut(releaseWith(), { unsigned: 'refused', threshold: 3 }, keys, nowMs))).toEqual([
      ...['key-not-active', 'threshold-not-reached'],
    ]);
  });

  test('exactly when it is published, trusted and not expired, whatever keys, policy and time', () => {
    const generated = record({
      state: constantFrom(...releaseStates),
      signers: shuffledSubarray(keyids),
      states: record({ a: constantFrom(...signingKeyStates), b: constantFrom(...signingKeyStates) }),
      policy: record({ unsigned: constantFrom('refused', 'accepted'), threshold: constantFrom(1, 2, 3) }),
      expired: constantFrom(true, false),
    });
    assert(
      property(generated, ({ state, signers, states, policy, expired }) => {
        const manifest = signers.length === 0 ? null : envelopeBy(signers);
        const release = releaseWith({ state, manifest });
        const keys = [keyOf(keyids[0] ?? '', states.a), keyOf(keyids[1] ?? '', states.b), keyOf(keyids[2] ?? '')];
        const at = nowMs + (expired ? 366 * 86_400_000 : 0);
        const stateOf = new Map(keys.map((key) => [key.keyid, key.state]));
        const good = signers.filter((keyid) => stateOf.get(keyid) !== 'revoked');
        const isTrusted = manifest === null ? policy.unsigned === 'accepted' : good.length >= policy.threshold;
        const allowed = state === 'published' && isTrusted && !(expired && manifest !== null);
        const trust = trustOf(release, policy as FirmwarePolicy, keys);
        return (
          canBeRolledOut(release, policy as FirmwarePolicy, keys, at).allowed === allowed &&
          (trust !== 'untrusted') === isTrusted
        );
      }),
    );
  });
});

describe('a draft can be published', () => {
  const draft = releaseWith({ state: 'draft' });

  test.each([
    [4, []],
    [5, ['counter-too-low']],
    [6, ['counter-too-low']],
  ])('with a counter of 5 above the greatest other one, not at %d: %j', (greatestCounter, expected) => {
    expect(codes(canBePublished(draft, defaultPolicy, active, nowMs, { ...alone, greatestCounter }))).toEqual(expected);
  });

  test('under a version that no published release of its profile has', () => {
    expect(codes(canBePublished(draft, defaultPolicy, active, nowMs, { ...alone, twin: 'other' }))).toEqual([
      'version-taken',
    ]);
  });
});
