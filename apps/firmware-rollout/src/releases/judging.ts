import type { EntityManager } from 'typeorm';
import { type FirmwarePolicy, defaultPolicy } from '../domain/manifests/firmware-policy.js';
import type { VerifyingKey } from '../domain/manifests/signing-key.js';
import type { JudgedRelease, ReleaseRecord } from '../domain/releases/release.js';
import { type OtherReleases, type Verdict, canBePublished, canBeRolledOut } from '../domain/releases/verdict.js';
import { verifyingKey } from '../manifests/verifying-key.js';
import { findFirmwarePolicies } from '../persistence/firmware-policies.repository.js';
import { findArtifactFacts } from '../persistence/artifact-facts.repository.js';
import { greatestCounter, publishedTwin } from '../persistence/releases.repository.js';
import { findSigningKeys } from '../persistence/signing-keys.repository.js';

/** Everything that a verdict on a release rests on, as it is stored now. */
export interface Judging {
  readonly row: ReleaseRecord;
  readonly judged: JudgedRelease;
  readonly policy: FirmwarePolicy;
  /** At least those that its manifest names, of the ones that there are. */
  readonly keys: readonly VerifyingKey[];
}

/** @param rows of one tenant */
export async function readJudgings(
  db: EntityManager,
  tenant: string,
  rows: readonly ReleaseRecord[],
): Promise<Judging[]> {
  const digests = rows.flatMap(({ definition }) => definition.artifacts.map(({ sha256 }) => sha256));
  const facts = await findArtifactFacts(db, tenant, digests);
  const profiles = [...new Set(rows.map(({ definition }) => definition.profile))];
  const policies = new Map((await findFirmwarePolicies(db, tenant, profiles)).map((one) => [one.profile, one]));
  const keyids = new Set(rows.flatMap(({ manifest }) => manifest?.signatures.map(({ keyid }) => keyid) ?? []));
  const keys = (await findSigningKeys(db, tenant, [...keyids])).map(verifyingKey);
  return rows.map((row) => {
    const own = row.definition.artifacts.flatMap(({ sha256 }) => facts.get(sha256) ?? []);
    const policy = policies.get(row.definition.profile) ?? defaultPolicy;
    return { row, judged: { ...row, facts: own }, policy, keys };
  });
}

export async function readJudging(db: EntityManager, row: ReleaseRecord): Promise<Judging> {
  const [judging] = await readJudgings(db, row.tenant, [row]);
  return judging as Judging;
}

export async function readOthers(db: EntityManager, row: ReleaseRecord): Promise<OtherReleases> {
  return { greatestCounter: await greatestCounter(db, row), twin: await publishedTwin(db, row) };
}

/** What stands in the way of the next step of a release: of publishing a draft, or of rolling out what is published. */
export async function nextStep(db: EntityManager, row: ReleaseRecord, nowMs: number): Promise<Verdict> {
  const { judged, policy, keys } = await readJudging(db, row);
  if (row.state !== 'draft') return canBeRolledOut(judged, policy, keys, nowMs);
  return canBePublished(judged, policy, keys, nowMs, await readOthers(db, row));
}
