import { type Operator, Problem, actorOf } from '@myelin/service-kit';
import { isLive } from '../../domain/credential.js';
import { listCredentials, openCredentials, revokeCredential } from '../../persistence/credentials.repository.js';
import { lockDevice, setCredentialsVersion } from '../../persistence/devices.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { deviceCredentials } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';

export interface RevokeCredential {
  readonly device: string;
  readonly credential: string;
}

/** Revoking again changes nothing and publishes nothing. */
export function revoke(
  registry: Registry,
  operator: Operator,
  { device, credential }: RevokeCredential,
): Promise<void> {
  const { tenant } = operator;
  return registry.change(async (tx) => {
    const before = await lockDevice(tx, tenant, device);
    if (before === null) throw problems.notFound('device');
    const known = await listCredentials(tx, tenant, device);
    const row = known.find(({ id }) => id === credential.toLowerCase());
    if (row === undefined) throw notFound();
    const at = registry.now();
    if (!(await revokeCredential(tx, row, at))) return;
    const after = { ...before, credentialsVersion: before.credentialsVersion + 1 };
    await setCredentialsVersion(tx, after);
    const open = await openCredentials(tx, tenant, device);
    const live = open.filter((one) => isLive(one, at.getTime()));
    const operatorAction = {
      tenant,
      actor: actorOf(operator),
      action: 'credential.revoke',
      entity: `${device}/${row.id}`,
    };
    await journal(tx, registry.clock, operatorAction, [deviceCredentials(after, live)]);
  });
}

function notFound(): Problem {
  return new Problem({ status: 404, type: 'credential-not-found', title: 'The device has no such credential' });
}
