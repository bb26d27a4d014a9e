import { type KeyObject, createHash, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Envelope, envelopeLimits, openEnvelope } from '../src/domain/manifests/envelope.js';
import { examineManifest } from '../src/domain/manifests/examine-manifest.js';
import { preAuthenticationEncoding } from '../src/domain/manifests/pre-authentication-encoding.js';
import type { SigningAlgorithm, SigningKeyState, VerifyingKey } from '../src/domain/manifests/signing-key.js';
import type { JudgedRelease } from '../src/domain/releases/release.js';
import { type PublicKey, readPublicKey, verifyingKey } from '../src/manifests/verifying-key.js';
import { type Signer, envelopeOf, factsOf, manifestOf, newSigner } from './release-signing.js';

interface Vector {
  readonly by: string;
  readonly algorithm: SigningAlgorithm;
  readonly keyid: string;
  readonly publicKey: string;
  readonly compressedPublicKey?: string;
  readonly derSignature?: string;
  readonly envelope: Envelope;
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/manifest-vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[];
const content = 'hello world';
const nowMs = Date.parse('2026-11-27T12:00:00Z');

const definition = {
  ...{ version: '2.4.1', profile: 'thermometer', hardware: ['board:1.1', 'board:1.0'], minimumVersion: '2.0.0' },
  ...{ part: 'os', artifacts: [{ filename: 'thermometer-2.4.1.swu', sha256: factsOf(content).sha256 }], metadata: {} },
};
const release: JudgedRelease = {
  ...{ release: 'thermometer-2.4.1', state: 'draft', definition, manifest: null, facts: [factsOf(content)] },
};

function keyOf(pem: string, state: SigningKeyState = 'active'): VerifyingKey {
  const { keyid, algorithm, pem: publicKey } = readPublicKey(pem) as PublicKey;
  const kept = { tenant: 'acme', name: 'k', createdAt: new Date(0), createdBy: 'x', endedAt: null, endedBy: null };
  return verifyingKey({ ...kept, keyid, algorithm, publicKey, state, reason: null });
}

function examined(envelope: unknown, keys: readonly VerifyingKey[], threshold = 1) {
  return examineManifest(envelope, release, { keys, counted: ['active'], threshold, nowMs });
}

const codesOf = (envelope: unknown, keys: readonly VerifyingKey[], threshold?: number): string[] =>
  examined(envelope, keys, threshold).faults.map(({ code }) => code);

describe('the pre-authentication encoding', () => {
  test('is what the vector of the DSSE specification has, and its signature verifies', () => {
    const encoded = preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
    expect(Buffer.from(encoded).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
    const coordinate = (decimal: string): string =>
      Buffer.from(BigInt(decimal).toString(16).padStart(64, '0'), 'hex').toString('base64url');
    const jwk = {
      ...{ kty: 'EC', crv: 'P-256' },
      x: coordinate('46950820868899156662930047687818585632848591499744589407958293238635476079160'),
      y: coordinate('5640078356564379163099075877009565129882514886557779369047442380624545832820'),
    };
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string;
    const sig = 'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==';
    expect(keyOf(pem).verifies(encoded, Buffer.from(sig, 'base64'))).toBe(true);
  });
});

describe.each(vectors)('a manifest signed by $by with $algorithm', (vector) => {
  const { keyid, publicKey, algorithm, envelope } = vector;
  const keys = [keyOf(publicKey)];

  test('verifies under the key id that its signer computed', () => {
    expect(readPublicKey(publicKey)).toMatchObject({ keyid, algorithm });
    expect(examined(envelope, keys)).toMatchObject({ keyids: [keyid], faults: [], manifest: { releaseCounter: 42 } });
  });

  test('does not with any bit of its signature or of its payload changed', () => {
    const [{ sig = '' } = {}] = envelope.signatures;
    const flipped = (base64: string, bit: number): string => {
      const bytes = Buffer.from(base64, 'base64');
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return bytes.toString('base64');
    };
    for (let bit = 0; bit < 512; bit++)
      expect(codesOf({ ...envelope, signatures: [{ keyid, sig: flipped(sig, bit) }] }, keys)).toContain(
        'signature-invalid',
      );
    for (let bit = 0; bit < 8 * Buffer.from(envelope.payload, 'base64').length; bit += 13)
      expect(codesOf({ ...envelope, payload: flipped(envelope.payload, bit) }, keys)).toContain('signature-invalid');
  });

  test('does not as a signature of another key, of either algorithm', () => {
    const [{ sig = '' } = {}] = envelope.signatures;
    for (const other of vectors.filter((one) => one.keyid !== keyid))
      expect(codesOf({ ...envelope, signatures: [{ keyid: other.keyid, sig }] }, [keyOf(other.publicKey)])).toEqual([
        'signature-invalid',
        'threshold-not-reached',
      ]);
  });
});

test.each(vectors.filter(({ derSignature }) => derSignature !== undefined))(
  'a P-256 signature in DER by $by is refused, also cut or filled to 64 bytes',
  ({ keyid, publicKey, envelope, derSignature = '' }) => {
    const der = Buffer.from(derSignature, 'base64');
    const withSignature = (bytes: Buffer) => ({ ...envelope, signatures: [{ keyid, sig: bytes.toString('base64') }] });
    expect(codesOf(withSignature(der), [keyOf(publicKey)])).toEqual(['signature-form', 'threshold-not-reached']);
    expect(codesOf(withSignature(der.subarray(0, 64)), [keyOf(publicKey)])).toContain('signature-invalid');
  },
);

test('a key in its compressed form is the same key, and does not count as a second one', () => {
  const compressed = vectors.filter(({ compressedPublicKey }) => compressedPublicKey !== undefined);
  expect(compressed).not.toEqual([]);
  for (const { compressedPublicKey = '', publicKey } of compressed)
    expect(readPublicKey(compressedPublicKey)).toEqual(readPublicKey(publicKey));
});

test('a key under which one signature would do for every payload verifies nothing', () => {
  const { publicKey, privateKey } = newSigner();
  const bytesOf = (key: KeyObject, member: 'x' | 'd'): Buffer =>
    Buffer.from(key.export({ format: 'jwk' })[member] ?? '', 'base64url');
  // RFC 8032, 5.1.5: the scalar of a key pair. Under the neutral element as key, (sB, s) is a signature of everything.
  const hash = Buffer.from(createHash('sha512').update(bytesOf(privateKey, 'd')).digest().subarray(0, 32));
  hash[0] = (hash[0] ?? 0) & 248;
  hash[31] = ((hash[31] ?? 0) & 127) | 64;
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const scalar = (BigInt(`0x${hash.reverse().toString('hex')}`) % order).toString(16).padStart(64, '0');
  const point = bytesOf(createPublicKey(publicKey), 'x');
  const signature = Buffer.concat([point, Buffer.from(scalar, 'hex').reverse()]);
  const neutral = Buffer.alloc(32, 0).fill(1, 0, 1).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: neutral }, format: 'jwk' });
  const pem = key.export({ type: 'spki', format: 'pem' }) as string;
  expect(keyOf(pem).verifies(Buffer.from('anything'), signature)).toBe(false);
});

describe('an envelope', () => {
  const signer = newSigner();
  const second = newSigner('ecdsa-p256');
  const keys = [keyOf(signer.publicKey), keyOf(second.publicKey)];
  const manifest = manifestOf('thermometer-2.4.1', definition, content);
  const good = envelopeOf(JSON.stringify(manifest), signer);
  const [signature = { keyid: '', sig: '' }] = good.signatures;

  test.each<[string, unknown, string]>([
    ['is no object', [good], 'envelope-malformed'],
    ['has a member that nobody knows', { ...good, extra: 1 }, 'envelope-malformed'],
    ['has another payload type', { ...good, payloadType: 'application/vnd.in-toto+json' }, 'payload-type-unknown'],
    ['has no signatures', { ...good, signatures: [] }, 'envelope-malformed'],
    ['has too many signatures', { ...good, signatures: Array(17).fill(signature) }, 'envelope-malformed'],
    ['has two signatures of one key', { ...good, signatures: [signature, signature] }, 'key-repeated'],
    [
      'has a key id in upper case',
      { ...good, signatures: [{ ...signature, keyid: 'ABCDEF0123456789' }] },
      'envelope-malformed',
    ],
    ['has a signature with a member more', { ...good, signatures: [{ ...signature, cert: '' }] }, 'envelope-malformed'],
    ['has no payload', { ...good, payload: '' }, 'envelope-malformed'],
    ['has a payload with a line break', { ...good, payload: `${good.payload}\n` }, 'base64-inexact'],
    [
      'has a payload without padding',
      { ...good, payload: Buffer.from('{}').toString('base64').replaceAll('=', '') },
      'base64-inexact',
    ],
    ['has a payload with bits that nobody reads', { ...good, payload: 'e31=' }, 'base64-inexact'],
    ['has a signature of the URL alphabet', { ...good, signatures: [{ ...signature, sig: '-_-_' }] }, 'base64-inexact'],
    [
      'has a signature with a byte more',
      { ...good, signatures: [{ ...signature, sig: longer(signature.sig) }] },
      'signature-form',
    ],
    [
      'is larger than it may be',
      { ...good, payload: Buffer.alloc(envelopeLimits.payloadBytes + 1, 32).toString('base64') },
      'base64-inexact',
    ],
    [
      'has the signature of another payload',
      { ...good, signatures: [{ ...signature, sig: signer.sign(Buffer.from('{}')) }] },
      'signature-invalid',
    ],
    [
      'has a signature of these bytes as another type',
      { ...good, signatures: [{ ...signature, sig: signer.sign(Buffer.from(good.payload, 'base64'), 'text/plain') }] },
      'signature-invalid',
    ],
    [
      'has a signature of the bare payload',
      { ...good, signatures: [{ ...signature, sig: bareSignature(signer, good.payload) }] },
      'signature-invalid',
    ],
  ])('that %s is refused', (_what, envelope, code) => {
    expect(codesOf(envelope, keys)[0]).toBe(code);
  });

  test('counts each key once, and says how many are missing', () => {
    const both = envelopeOf(JSON.stringify(manifest), signer, second);
    expect(examined(both, keys, 2)).toMatchObject({ keyids: [signer.keyid, second.keyid], faults: [] });
    expect(examined(both, keys, 3).faults).toEqual([
      { code: 'threshold-not-reached', pointer: '/signatures', detail: '2 of 3 keys that vouch for it' },
    ]);
    expect(codesOf(both, keys.slice(1), 2)).toEqual(['threshold-not-reached']);
  });

  test('is not saved by enough other signatures when one is wrong', () => {
    const both = envelopeOf(JSON.stringify(manifest), signer, second);
    const wrong = { ...both, signatures: [signature, { keyid: second.keyid, sig: signature.sig }] };
    expect(codesOf(wrong, keys, 1)).toEqual(['signature-invalid']);
  });

  test.each(['retired', 'revoked'] as const)('is not vouched for by a %s key', (state) => {
    expect(codesOf(good, [keyOf(signer.publicKey, state)])).toEqual(['key-not-active', 'threshold-not-reached']);
  });

  test('is kept as it came, and nothing beside it', () => {
    expect(openEnvelope(good)).toMatchObject({ ok: true, value: { envelope: good } });
  });
});

describe('a payload', () => {
  const signer = newSigner();
  const keys = [keyOf(signer.publicKey)];
  const good = manifestOf('thermometer-2.4.1', definition, content);
  const text = JSON.stringify(good);
  const { artifacts, ...others } = good;
  const [artifact = {}] = artifacts;
  const faultsOf = (payload: Uint8Array | string) =>
    examined(envelopeOf(payload, signer), keys).faults.map(({ code, pointer }) => [code, pointer]);

  test('that says what the release says is taken, in any order and spacing', () => {
    const reversed = JSON.stringify(Object.fromEntries(Object.entries(good).reverse()), null, 2);
    expect(faultsOf(reversed)).toEqual([]);
    expect(faultsOf(JSON.stringify({ ...good, hardware: ['board:1.0', 'board:1.1'] }))).toEqual([]);
  });

  test.each<[string, Uint8Array | string, string, string]>([
    ['is no JSON', '{', 'payload-not-json', '/payload'],
    ['has something behind it', `${text}{}`, 'payload-not-json', '/payload'],
    ['has a byte behind it', `${text}\0`, 'payload-not-json', '/payload'],
    ['has a byte-order mark', `\uFEFF${text}`, 'payload-not-json', '/payload'],
    ['is not UTF-8', Buffer.concat([Buffer.from(text), Buffer.of(0xff)]), 'payload-not-json', '/payload'],
    ['has a member twice', text.replace('{', '{"version":"9",'), 'member-repeated', '/payload'],
    ['has a member twice, once escaped', text.replace('{', '{"\\u0076ersion":"9",'), 'member-repeated', '/payload'],
    [
      'has a member twice in an artifact',
      text.replace('"filename"', '"size":1,"filename"'),
      'member-repeated',
      '/payload',
    ],
    ['is null', 'null', 'schema-unknown', '/payload/schema'],
    ['has another schema', JSON.stringify({ ...good, schema: 'fw-manifest/2' }), 'schema-unknown', '/payload/schema'],
    ['has no name', JSON.stringify({ ...good, name: undefined }), 'manifest-malformed', '/payload/name'],
    [
      'has a member that nobody knows',
      JSON.stringify({ ...good, force: true }),
      'manifest-malformed',
      '/payload/force',
    ],
    [
      'has a counter that is text',
      JSON.stringify({ ...good, releaseCounter: '42' }),
      'manifest-malformed',
      '/payload/releaseCounter',
    ],
    [
      'has a counter beyond exact numbers',
      text.replace('"releaseCounter":1', '"releaseCounter":9007199254740993'),
      'manifest-malformed',
      '/payload/releaseCounter',
    ],
    [
      'has hardware that is text',
      JSON.stringify({ ...good, hardware: 'board:1.0' }),
      'manifest-malformed',
      '/payload/hardware',
    ],
    [
      'has hardware of another form',
      JSON.stringify({ ...good, hardware: ['a:b', 'c'] }),
      'manifest-malformed',
      '/payload/hardware/1',
    ],
    [
      'has a file name that leaves its folder',
      JSON.stringify({ ...others, artifacts: [{ ...artifact, filename: '../a' }] }),
      'manifest-malformed',
      '/payload/artifacts/0/filename',
    ],
    [
      'has a digest in upper case',
      JSON.stringify({ ...others, artifacts: [{ ...artifact, md5: 'A'.repeat(32) }] }),
      'manifest-malformed',
      '/payload/artifacts/0/md5',
    ],
    [
      'has no such day',
      JSON.stringify({ ...good, expiresAt: '2027-02-30T00:00:00Z' }),
      'manifest-malformed',
      '/payload/expiresAt',
    ],
    [
      'expires before it was made',
      JSON.stringify({ ...good, expiresAt: '2026-01-01T00:00:00Z' }),
      'manifest-malformed',
      '/payload/expiresAt',
    ],
    [
      'has expired to the millisecond',
      JSON.stringify({ ...good, expiresAt: '2026-11-27T12:00:00Z' }),
      'expired',
      '/payload/expiresAt',
    ],
    ['is for another release', JSON.stringify({ ...good, name: 'other' }), 'name-differs', '/payload/name'],
    ['is for another version', JSON.stringify({ ...good, version: '2.4.1+x' }), 'version-differs', '/payload/version'],
    [
      'is for other hardware',
      JSON.stringify({ ...good, hardware: ['board:1.0'] }),
      'hardware-differs',
      '/payload/hardware',
    ],
    [
      'has hardware twice instead of all',
      JSON.stringify({ ...good, hardware: ['board:1.0', 'board:1.0'] }),
      'hardware-differs',
      '/payload/hardware',
    ],
    [
      'has another minimum',
      JSON.stringify({ ...good, minVersion: '1.0.0' }),
      'minimum-version-differs',
      '/payload/minVersion',
    ],
    [
      'has no minimum',
      JSON.stringify({ ...good, minVersion: undefined }),
      'minimum-version-differs',
      '/payload/minVersion',
    ],
    [
      'has another size',
      JSON.stringify({ ...others, artifacts: [{ ...artifact, size: 12 }] }),
      'artifacts-differ',
      '/payload/artifacts',
    ],
    [
      'has another SHA-1',
      JSON.stringify({ ...others, artifacts: [{ ...artifact, sha1: '0'.repeat(40) }] }),
      'artifacts-differ',
      '/payload/artifacts',
    ],
    [
      'has an artifact more',
      JSON.stringify({ ...others, artifacts: [artifact, artifact] }),
      'artifacts-differ',
      '/payload/artifacts',
    ],
  ])('that %s is refused at its place', (_what, payload, code, pointer) => {
    expect(faultsOf(payload)).toEqual([[code, pointer]]);
  });

  test('with several faults hears of all of them at once', () => {
    const wrong = { ...good, name: 'other', version: '9', expiresAt: '2026-11-27T01:00:00Z' };
    expect(faultsOf(JSON.stringify(wrong)).map(([code]) => code)).toEqual([
      'name-differs',
      'version-differs',
      'expired',
    ]);
  });
});

function longer(base64: string): string {
  return Buffer.concat([Buffer.from(base64, 'base64'), Buffer.of(0)]).toString('base64');
}

function bareSignature({ privateKey }: Signer, payload: string): string {
  return sign(null, Buffer.from(payload, 'base64'), privateKey).toString('base64');
}
