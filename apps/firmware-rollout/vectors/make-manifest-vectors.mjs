import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * `node vectors/make-manifest-vectors.mjs`: signed manifests by two implementations that are not ours, Node's and the command line of
 * OpenSSL, with new keys that are thrown away. Run it only to add vectors: those that are committed must go on verifying.
 */
const payloadType = 'application/vnd.myelin.firmware-manifest+json';
const manifest = {
  ...{ schema: 'fw-manifest/1', name: 'thermometer-2.4.1', version: '2.4.1', releaseCounter: 42 },
  ...{ hardware: ['board:1.0', 'board:1.1'], minVersion: '2.0.0' },
  artifacts: [
    {
      ...{ filename: 'thermometer-2.4.1.swu', size: 11 },
      ...Object.fromEntries(
        ['sha256', 'sha1', 'md5'].map((one) => [one, createHash(one).update('hello world').digest('hex')]),
      ),
    },
  ],
  ...{ sbom: `sha256:${'0'.repeat(64)}`, createdAt: '2026-11-27T00:00:00Z', expiresAt: '2036-11-27T00:00:00Z' },
};
const payload = Buffer.from(JSON.stringify(manifest));
const message = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);

function envelope(keyid, sig) {
  return { payloadType, payload: payload.toString('base64'), signatures: [{ keyid, sig: sig.toString('base64') }] };
}

function byNode(algorithm) {
  const { publicKey, privateKey } =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = (dsaEncoding) =>
    algorithm === 'ed25519'
      ? sign(null, message, privateKey)
      : sign('sha256', message, { key: privateKey, dsaEncoding });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const keyid = createHash('sha256').update(spki).digest('hex').slice(0, 16);
  const der = algorithm === 'ed25519' ? {} : { derSignature: signed('der').toString('base64') };
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  return { by: 'node', algorithm, keyid, publicKey: pem, ...der, envelope: envelope(keyid, signed('ieee-p1363')) };
}

function byOpenSsl(algorithm, folder) {
  const at = (name) => join(folder, name);
  const openssl = (...args) => execFileSync('openssl', args);
  const kind = algorithm === 'ed25519' ? ['ed25519'] : ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  openssl('genpkey', '-algorithm', ...kind, '-out', at('key.pem'));
  const pem = openssl('pkey', '-in', at('key.pem'), '-pubout').toString();
  openssl('pkey', '-in', at('key.pem'), '-pubout', '-outform', 'DER', '-out', at('spki.der'));
  const keyid = openssl('dgst', '-sha256', '-r', at('spki.der')).toString().slice(0, 16);
  writeFileSync(at('message'), message);
  if (algorithm === 'ed25519') {
    const sig = openssl('pkeyutl', '-sign', '-rawin', '-inkey', at('key.pem'), '-in', at('message'));
    return { by: 'openssl', algorithm, keyid, publicKey: pem, envelope: envelope(keyid, sig) };
  }
  const der = openssl('dgst', '-sha256', '-sign', at('key.pem'), at('message'));
  const compressed = openssl('ec', '-in', at('key.pem'), '-pubout', '-conv_form', 'compressed').toString();
  return {
    ...{ by: 'openssl', algorithm, keyid, publicKey: pem, compressedPublicKey: compressed },
    ...{ derSignature: der.toString('base64'), envelope: envelope(keyid, rAndS(der)) },
  };
}

/** SEQUENCE { INTEGER r, INTEGER s } as r||s of 32 bytes each. */
function rAndS(der) {
  const rLength = der[3];
  const number = (bytes) => Buffer.concat([Buffer.alloc(32), bytes]).subarray(-32);
  return Buffer.concat([number(der.subarray(4, 4 + rLength)), number(der.subarray(6 + rLength))]);
}

const folder = mkdtempSync(join(tmpdir(), 'manifest-vectors-'));
try {
  const vectors = [
    ...['ed25519', 'ecdsa-p256'].map(byNode),
    ...['ed25519', 'ecdsa-p256'].map((algorithm) => byOpenSsl(algorithm, folder)),
  ];
  const file = new URL('manifest-vectors.json', import.meta.url);
  const kept = (() => {
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      return [];
    }
  })();
  writeFileSync(file, `${JSON.stringify([...kept, ...vectors], null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
