import {
  type ArtifactFacts,
  fileNamePattern,
  hardwarePattern,
  releaseLimits,
  sha256Pattern,
  slugPattern,
} from '../releases/release.js';
import { versionPattern } from '../releases/version.js';
import type { ManifestFault, ManifestFaultCode, Read } from './manifest-fault.js';
import { MemberReader } from './member-reader.js';
import { repeatedMember } from './repeated-member.js';

export const manifestSchema = 'fw-manifest/1';

export interface ManifestArtifact extends ArtifactFacts {
  readonly filename: string;
}

/** What is signed about a release. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** Devices refuse one that is lower than theirs. */
  readonly releaseCounter: number;
  readonly hardware: readonly string[];
  readonly minVersion?: string | undefined;
  readonly artifacts: readonly ManifestArtifact[];
  /** `sha256:<hex>` of the bill of materials. */
  readonly sbom?: string | undefined;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

const members = [
  ...['schema', 'name', 'version', 'releaseCounter', 'hardware', 'minVersion', 'artifacts', 'sbom'],
  ...['createdAt', 'expiresAt'],
];
const slug = new RegExp(slugPattern);
const version = new RegExp(versionPattern);
const sbom = /^sha256:[0-9a-f]{64}$/;
const digests = { sha256: new RegExp(sha256Pattern), sha1: /^[0-9a-f]{40}$/, md5: /^[0-9a-f]{32}$/ } as const;

/** Reads the payload of an envelope strictly: nothing in it is ignored. */
export function parseManifest(payload: Uint8Array): Read<Manifest> {
  const text = decoded(payload);
  const json = text === undefined ? undefined : parsed(text);
  if (text === undefined || json === undefined)
    return refused('payload-not-json', 'must be JSON in UTF-8 and nothing beside it');
  const repeated = repeatedMember(text);
  if (repeated !== undefined)
    return refused('member-repeated', `has a member twice in one object: ${JSON.stringify(repeated.slice(0, 64))}`);
  if ((json.value as { readonly schema?: unknown } | null)?.schema !== manifestSchema)
    return refused('schema-unknown', `must have "schema":"${manifestSchema}"`, '/payload/schema');
  const faults: ManifestFault[] = [];
  const value = manifestOf(MemberReader.of(json.value, '/payload', faults, members));
  return faults.length === 0 ? { ok: true, value } : { ok: false, faults };
}

function manifestOf(read: MemberReader): Manifest {
  const manifest = {
    ...{ name: read.text('name', slug), version: read.text('version', version) },
    releaseCounter: read.integer('releaseCounter', { min: 1, max: Number.MAX_SAFE_INTEGER }),
    hardware: read.texts('hardware', releaseLimits.hardware, new RegExp(hardwarePattern)),
    ...(read.has('minVersion') ? { minVersion: read.text('minVersion', version) } : {}),
    artifacts: read.objects(
      'artifacts',
      releaseLimits.artifacts,
      ['filename', 'size', ...Object.keys(digests)],
      artifactOf,
    ),
    ...(read.has('sbom') ? { sbom: read.text('sbom', sbom) } : {}),
    ...{ createdAtMs: read.instantMs('createdAt'), expiresAtMs: read.instantMs('expiresAt') },
  };
  // Where one is no instant, that is the fault.
  read.expect(!(manifest.createdAtMs >= manifest.expiresAtMs), 'expiresAt', 'must be after createdAt');
  return manifest;
}

function artifactOf(read: MemberReader): ManifestArtifact {
  return {
    ...{ filename: read.text('filename', new RegExp(fileNamePattern)), sha256: read.text('sha256', digests.sha256) },
    ...{ sha1: read.text('sha1', digests.sha1), md5: read.text('md5', digests.md5) },
    size: read.integer('size', { min: 0, max: Number.MAX_SAFE_INTEGER }),
  };
}

/** A byte-order mark stays, and is no JSON. */
function decoded(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    return undefined;
  }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function refused(code: ManifestFaultCode, detail: string, pointer = '/payload'): Read<never> {
  return { ok: false, faults: [{ code, pointer, detail }] };
}
