import type { JudgedRelease } from '../releases/release.js';
import type { Manifest, ManifestArtifact } from './manifest.js';
import type { ManifestFault, ManifestFaultCode } from './manifest-fault.js';

/** Everything in which a manifest and the release that it is for differ. Order has no meaning. */
export function matchRelease(manifest: Manifest, { release, definition, facts }: JudgedRelease): ManifestFault[] {
  const faults: ManifestFault[] = [];
  const expect = (holds: boolean, code: ManifestFaultCode, member: string, detail: string): void => {
    if (!holds) faults.push({ code, pointer: `/payload/${member}`, detail });
  };
  const { version, hardware, minimumVersion, artifacts } = definition;
  expect(manifest.name === release, 'name-differs', 'name', `must be the release: ${release}`);
  expect(manifest.version === version, 'version-differs', 'version', `must be the release's: ${version}`);
  expect(isSame(manifest.hardware, hardware), 'hardware-differs', 'hardware', "must name the release's hardware");
  const minimum = minimumVersion ?? 'none';
  expect(
    manifest.minVersion === minimumVersion,
    ...(['minimum-version-differs', 'minVersion', `must be the release's minimum version: ${minimum}`] as const),
  );
  const expected = artifacts.map(({ filename, sha256 }) => {
    const known = facts.find((one) => one.sha256 === sha256);
    return known === undefined ? 'not there' : identity({ filename, ...known });
  });
  const detail = "must name the release's artifacts with their sizes and digests";
  expect(isSame(manifest.artifacts.map(identity), expected), 'artifacts-differ', 'artifacts', detail);
  return faults;
}

function identity({ filename, size, sha256, sha1, md5 }: ManifestArtifact): string {
  return [filename, size, sha256, sha1, md5].join(' ');
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  const [a, b] = [[...left].sort(), [...right].sort()];
  return a.length === b.length && a.every((one, index) => one === b[index]);
}
