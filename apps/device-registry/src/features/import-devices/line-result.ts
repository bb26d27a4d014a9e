import type { Problem, ProblemDocument } from '@myelin/service-kit';
import { type MintedCredential, presentations } from '../../domain/credential.js';

export interface ImportedCredential {
  readonly credentialId: string;
  readonly secret: string;
  readonly bearer: string;
  readonly basic: { readonly username: string; readonly password: string };
}

/** One line of the answer. */
export interface LineResult {
  readonly line: number;
  readonly device?: string;
  /** `unchanged`: the device exists with exactly this content. */
  readonly status: 'created' | 'unchanged' | 'refused';
  readonly problem?: ProblemDocument;
  /** Only when asked for and only at creation: shown once. */
  readonly credential?: ImportedCredential;
}

export function refused(line: number, device: string | undefined, problem: Problem): LineResult {
  return { line, ...(device === undefined ? {} : { device }), status: 'refused', problem: problem.document() };
}

export function importedCredential(tenant: string, device: string, minted: MintedCredential): ImportedCredential {
  return { credentialId: minted.id, secret: minted.secret, ...presentations(tenant, device, minted) };
}
