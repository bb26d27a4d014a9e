import { mintCredential } from '../../devices/mint-credential.js';
import type { DeviceRecord } from '../../domain/records.js';
import type { EncodedRecord } from '@myelin/messaging';
import { type Operator, Problem, actorOf } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import { walkLifecycle } from '../../devices/device-changes.js';
import { type CredentialWindow, faultOfWindow, isLive, maxLiveCredentials } from '../../domain/credential.js';
import { mayHoldCredentials, statesAfterCredential } from '../../domain/lifecycle.js';
import { dropExpired, insertCredentials, openCredentials } from '../../persistence/credentials.repository.js';
import { lockDevice, setCredentialsVersion } from '../../persistence/devices.repository.js';
import { findProfile } from '../../persistence/profiles.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { deviceCredentials } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';
import { type IssuedCredential, type NewCredentialBody, credentialView, issuedCredential } from './credential.dto.js';

export interface IssueCredential {
  readonly device: string;
  readonly body: NewCredentialBody;
}

/** The first credential also leads a created device on: to provisioned, and to active if its profile says so. */
export function issueCredential(
  registry: Registry,
  operator: Operator,
  { device, body }: IssueCredential,
): Promise<IssuedCredential> {
  const { tenant } = operator;
  const at = registry.now();
  const window = windowOf(body, at);
  const minted = mintCredential(registry.clock);
  const { id, secretSha256 } = minted;
  const issued = { id, secretSha256, ...window, device, createdAt: at, revokedAt: null };
  return registry.change(async (tx) => {
    const before = await lockDevice(tx, tenant, device);
    if (before === null) throw problems.notFound('device');
    if (!mayHoldCredentials(before.lifecycle)) throw retired();
    const others = await liveCredentials(tx, before, at);
    await insertCredentials(tx, tenant, [issued], at);
    const row = { ...before, credentialsVersion: before.credentialsVersion + 1 };
    const actor = actorOf(operator);
    const steps = await leadOn(tx, row, { actor, at });
    const operatorAction = { tenant, actor, action: 'credential.issue', entity: `${device}/${id}` };
    await journal(tx, registry.clock, operatorAction, [deviceCredentials(row, [...others, issued]), ...steps]);
    return issuedCredential(tenant, device, minted, credentialView(issued, at.getTime()));
  });
}

function windowOf({ notBefore, notAfter }: NewCredentialBody, at: Date): CredentialWindow {
  const window = {
    notBefore: new Date(notBefore ?? at),
    notAfter: notAfter ? new Date(notAfter) : null,
  };
  const fault = faultOfWindow(window, at.getTime());
  if (fault !== undefined) throw problems.invalid('/notAfter', `the credential would be ${fault.replaceAll('-', ' ')}`);
  return window;
}

async function liveCredentials(tx: EntityManager, device: DeviceRecord, at: Date) {
  await dropExpired(tx, device.tenant, device.device, at);
  const open = await openCredentials(tx, device.tenant, device.device);
  const live = open.filter((credential) => isLive(credential, at.getTime()));
  if (live.length < maxLiveCredentials) return live;
  throw new Problem({
    status: 409,
    type: 'credential-limit',
    title: 'The device has as many live credentials as it may',
    detail: `revoke one of the ${maxLiveCredentials} first`,
    extensions: { live: live.map(({ id }) => id) },
  });
}

async function leadOn(
  tx: EntityManager,
  row: DeviceRecord,
  { actor, at }: { actor: string; at: Date },
): Promise<readonly EncodedRecord[]> {
  const profile = await findProfile(tx, row.tenant, row.profile);
  const steps = statesAfterCredential(row.lifecycle, profile?.autoActivate ?? false);
  if (steps.length === 0) {
    await setCredentialsVersion(tx, row);
    return [];
  }
  return (await walkLifecycle(tx, row, { steps, reason: 'first credential', actor, at })).events;
}

function retired(): Problem {
  return new Problem({
    status: 409,
    type: 'device-retired',
    title: 'The device is retired',
    detail: 'a retired device gets no credentials',
  });
}
