import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { newReleaseKey, signedManifest } from './signed-release.js';

interface Envelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

const release = {
  ...{ name: 'demo', version: '2.0.1', releaseCounter: 7, hardware: ['board:1'], filename: 'fw.bin' },
  ...{ firmware: Buffer.from('hello'), createdAtMs: Date.UTC(2026, 0, 1) },
};

test('a manifest is signed over its type and its bytes by the key that it names', () => {
  const key = newReleaseKey();
  const { payloadType, payload, signatures } = signedManifest(release, key) as Envelope;
  const [{ keyid, sig }] = signatures as [Envelope['signatures'][0]];
  const bytes = Buffer.from(payload, 'base64');
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${bytes.length} `), bytes]);
  expect(keyid).toBe(key.keyid);
  expect(verify(null, signed, createPublicKey(key.publicKey), Buffer.from(sig, 'base64'))).toBe(true);
  expect(JSON.parse(bytes.toString())).toMatchObject({
    ...{ schema: 'fw-manifest/1', name: 'demo', version: '2.0.1', releaseCounter: 7, hardware: ['board:1'] },
    artifacts: [{ filename: 'fw.bin', size: 5, md5: '5d41402abc4b2a76b9719d911017c592' }],
    createdAt: '2026-01-01T00:00:00.000Z',
  });
});
