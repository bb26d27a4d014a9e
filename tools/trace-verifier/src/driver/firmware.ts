import { createHash, randomBytes } from 'node:crypto';
import type { DrivenRequest } from '../expectations/check-journey.js';
import type { Client } from './client.js';
import { profile, type Device } from './prepare-fleet.js';
import { until } from './until.js';

const service = 'firmware-rollout';
const release = 'firmware-2';
const rollout = 'to-firmware-2';

/** A published release, and the draft of a rollout to two devices, one after the other. */
export async function prepareRollout(client: Client, [first, second]: readonly [string, string]): Promise<string> {
  const policy = { unsigned: 'accepted', threshold: 1 };
  await client.request(service, 'PUT', `/v1/firmware-policies/${profile}`, { body: policy });
  const sha256 = await upload(client, randomBytes(1_024));
  const artifacts = [{ filename: 'fw.swu', sha256 }];
  const draft = { version: '2.0.0', profile, hardware: ['any:1.0'], artifacts };
  const { headers } = await client.request(service, 'PUT', `/v1/releases/${release}`, { body: draft });
  await client.request(service, 'POST', `/v1/releases/${release}/publish`, { headers: ifMatch(headers) });
  const wave = (device: string): object => ({ kind: 'selector', selector: { devices: [device] } });
  const body = {
    ...{ release, target: { devices: [first, second] }, waves: [wave(first), { kind: 'percent', percent: 100 }] },
    ...{ mode: { kind: 'forced' }, advance: [], pause: [], timeoutMs: 600_000 },
    speed: { kind: 'constant', perMinute: 6_000 },
  };
  const written = await client.request(service, 'PUT', `/v1/rollouts/${rollout}`, { body });
  return written.headers.get('etag') ?? '';
}

export async function startRollout(client: Client, etag: string, trace: DrivenRequest): Promise<void> {
  const headers = { 'if-match': etag };
  // Devices that the service has not heard of yet would not match.
  await until('the rollout to start', () =>
    client.request(service, 'POST', `/v1/rollouts/${rollout}/start`, { headers, trace }).catch((error: Error) => {
      if (error.message.includes('rollout-matches-nobody')) return undefined;
      throw error;
    }),
  );
}

/** The device takes what it is offered, and says that it is done: what is traced. */
export async function update(client: Client, { device, token }: Device, trace: DrivenRequest): Promise<void> {
  const path = await untilOffered(client, { device, token });
  const headers = { authorization: `TargetToken ${token}` };
  const status = { execution: 'closed', result: { finished: 'success' }, details: [] };
  await client.request(service, 'POST', `${path}/feedback`, { headers, body: { status }, trace });
}

/** @returns the path of what it is offered */
export async function untilOffered(client: Client, { device, token }: Device): Promise<string> {
  const headers = { authorization: `TargetToken ${token}` };
  const base = `/${client.tenant}/controller/v1/${device}`;
  return until(`an offer to ${device}`, async () => {
    const answer = await client.json<{ _links?: { deploymentBase?: { href: string } } }>(service, 'GET', base, {
      headers,
    });
    const href = answer._links?.deploymentBase?.href;
    return href === undefined ? undefined : new URL(href).pathname;
  });
}

/** By tus, in one piece. @returns the SHA-256 in hex */
async function upload(client: Client, bytes: Buffer): Promise<string> {
  const tus = { 'tus-resumable': '1.0.0' };
  const name = Buffer.from('fw.swu').toString('base64');
  const { headers } = await client.request(service, 'POST', '/v1/artifact-uploads', {
    headers: { ...tus, 'upload-length': String(bytes.length), 'upload-metadata': `filename ${name}` },
  });
  await client.request(service, 'PATCH', headers.get('location') ?? '', {
    body: bytes,
    headers: { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
  });
  return createHash('sha256').update(bytes).digest('hex');
}

function ifMatch(headers: Headers): Record<string, string> {
  return { 'if-match': headers.get('etag') ?? '' };
}
