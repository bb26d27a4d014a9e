import { Problem } from '@myelin/service-kit';
import type { SigningKeyState } from '../domain/manifests/signing-key.js';

/** Refusals about signing keys. */
export const signingKeyProblems = {
  exists: (keyid: string, state: SigningKeyState) =>
    new Problem({
      status: 409,
      type: 'signing-key-exists',
      title: 'The tenant has this key already',
      detail: `${keyid} is ${state}`,
      extensions: { keyid, state },
    }),

  revoked: () => new Problem({ status: 409, type: 'signing-key-revoked', title: 'The key is revoked, which is final' }),

  privateKey: () =>
    new Problem({
      status: 400,
      type: 'private-key-refused',
      title: 'This is a private key, which belongs nowhere but to its signer',
      detail:
        'it was neither stored nor logged, but it has left its place: replace it, and send the public key of the new one',
      errors: [{ pointer: '/publicKey', detail: 'must be a public key' }],
    }),
};
