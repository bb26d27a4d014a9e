import { type Examination, examineManifest } from '../manifests/examine-manifest.js';
import type { FirmwarePolicy } from '../manifests/firmware-policy.js';
import { manifestFaultCodes } from '../manifests/manifest-fault.js';
import type { Manifest } from '../manifests/manifest.js';
import { counterFaults } from '../manifests/release-counter.js';
import type { VerifyingKey } from '../manifests/signing-key.js';
import type { JudgedRelease, Trust } from './release.js';

export const releaseObstacleCodes = [
  ...manifestFaultCodes,
  ...(['release-not-published', 'release-revoked', 'artifact-missing', 'version-taken'] as const),
] as const;
export type ReleaseObstacleCode = (typeof releaseObstacleCodes)[number];

/** One reason why a release may not be published or rolled out. */
export interface ReleaseObstacle {
  readonly code: ReleaseObstacleCode;
  readonly detail: string;
}

export interface Verdict {
  readonly allowed: boolean;
  /** Every reason at once; empty when it is allowed. */
  readonly obstacles: readonly ReleaseObstacle[];
}

/** What a profile's other releases have taken. */
export interface OtherReleases {
  /** Of those that are or were published; 0 when there is none. */
  readonly greatestCounter: number;
  /** The published one whose version is neither older nor newer. */
  readonly twin: string | undefined;
}

/**
 * Whether devices may be given the release now: to be asked before a rollout starts and before each wave. A release that is
 * older than others may be: a rollout can lead back.
 */
export function canBeRolledOut(
  release: JudgedRelease,
  policy: FirmwarePolicy,
  keys: readonly VerifyingKey[],
  nowMs: number,
): Verdict {
  const examination = { keys, counted: ['active', 'retired'], threshold: policy.threshold, nowMs } as const;
  return verdict([...stateObstacles(release), ...examined(release, policy, examination).obstacles]);
}

/**
 * Whether a draft may become a published release: only active keys count.
 */
export function canBePublished(
  release: JudgedRelease,
  policy: FirmwarePolicy,
  keys: readonly VerifyingKey[],
  nowMs: number,
  others: OtherReleases,
): Verdict & { readonly manifest?: Manifest } {
  const examination = { keys, counted: ['active'], threshold: policy.threshold, nowMs } as const;
  const { obstacles, manifest } = examined(release, policy, examination);
  const tooLow = manifest === undefined ? [] : counterFaults(manifest.releaseCounter, others.greatestCounter);
  return {
    ...verdict([...obstacles, ...tooLow, ...twinObstacles(others)]),
    ...(manifest === undefined ? {} : { manifest }),
  };
}

/** What its signatures are worth under a policy, whatever the time: of a manifest that has expired it says what it was worth. */
export function trustOf(release: JudgedRelease, policy: FirmwarePolicy, keys: readonly VerifyingKey[]): Trust {
  const counted = ['active', 'retired'] as const;
  const { obstacles } = examined(release, policy, { keys, counted, threshold: policy.threshold, nowMs: -Infinity });
  if (obstacles.length > 0) return 'untrusted';
  return release.manifest === null ? 'unsigned' : 'signed';
}

function examined(
  release: JudgedRelease,
  policy: FirmwarePolicy,
  examination: Examination,
): { readonly obstacles: readonly ReleaseObstacle[]; readonly manifest?: Manifest } {
  const missing = missingArtifacts(release);
  if (release.manifest === null) {
    const detail = `releases for ${release.definition.profile} must be signed`;
    const unsigned: ReleaseObstacle[] = policy.unsigned === 'accepted' ? [] : [{ code: 'unsigned', detail }];
    return { obstacles: [...missing, ...unsigned] };
  }
  const { faults, manifest } = examineManifest(release.manifest, release, examination);
  return { obstacles: [...missing, ...faults], ...(manifest === undefined ? {} : { manifest }) };
}

function missingArtifacts({ definition, facts }: JudgedRelease): ReleaseObstacle[] {
  const known = new Set(facts.map(({ sha256 }) => sha256));
  return definition.artifacts
    .filter(({ sha256 }) => !known.has(sha256))
    .map(({ filename }) => ({ code: 'artifact-missing', detail: `the artifact of ${filename} is not there` }));
}

function twinObstacles({ twin }: OtherReleases): ReleaseObstacle[] {
  if (twin === undefined) return [];
  return [{ code: 'version-taken', detail: `the release ${twin} of the profile has this version` }];
}

function stateObstacles({ state }: JudgedRelease): ReleaseObstacle[] {
  if (state === 'revoked') return [{ code: 'release-revoked', detail: 'the release is revoked' }];
  return state === 'draft' ? [{ code: 'release-not-published', detail: 'the release is a draft' }] : [];
}

function verdict(found: readonly ReleaseObstacle[]): Verdict {
  const obstacles = found.map(({ code, detail }) => ({ code, detail }));
  return { allowed: obstacles.length === 0, obstacles };
}
