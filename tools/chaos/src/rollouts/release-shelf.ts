import { createHash, randomBytes } from 'node:crypto';
import type { FirmwareApi } from './firmware-api.js';
import { firmwareProfile } from './firmware-fleet.js';

const artifactBytes = 32 * 1024;

/** A published release of an image of its own. */
export interface ShelvedRelease {
  readonly release: string;
  readonly version: string;
}

/** Puts releases there that rollouts take in turn. @throws ChaosError chaos.impossible */
export async function fillShelf(api: FirmwareApi, count: number): Promise<ShelvedRelease[]> {
  const policy = { unsigned: 'accepted', threshold: 1 };
  await api.expect([200, 201], 'PUT', `/v1/firmware-policies/${firmwareProfile}`, { body: policy });
  const shelf: ShelvedRelease[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const [release, version] = [`firmware-${nth + 2}`, `${nth + 2}.0.0`];
    const bytes = randomBytes(artifactBytes);
    await api.upload(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const body = {
      version,
      profile: firmwareProfile,
      hardware: ['any:1.0'],
      artifacts: [{ filename: 'fw.swu', sha256 }],
    };
    const { etag } = await api.expect([201], 'PUT', `/v1/releases/${release}`, { body });
    await api.expect([200], 'POST', `/v1/releases/${release}/publish`, { headers: { 'if-match': etag } });
    shelf.push({ release, version });
  }
  return shelf;
}
