import type { AuthOutcome, DeviceDirectory } from '@myelin/device-identity';
import { type DeviceKey, deviceKey, parseDeviceKey, tenantId } from '@myelin/kernel';
import { type GatewayClaim, parseDdiAuthorization } from '../../ddi/credentials.js';
import { type DdiRefusal, refuse } from '../../ddi/ddi-refusal.js';
import type { DdiRoute } from '../../ddi/ddi-route.js';
import { isTenantOfPath } from '../../ddi/route-match.js';
import type { GatewayTokens } from './gateway-tokens.js';

/** A device that has shown who it is. */
export interface AdmittedDevice {
  readonly kind: 'admitted';
  readonly tenant: string;
  readonly device: string;
  /** `<tenant>/<device>` */
  readonly key: DeviceKey;
}

/** The service does not know yet who is who: to be asked again in a moment. */
export interface NotReady {
  readonly kind: 'not-ready';
}

const unauthorized = refuse('unauthorized', 'the request carries no credential of this device');
const notReady: NotReady = { kind: 'not-ready' };

/** By whom devices are let in. */
export interface Admission {
  readonly directory: Pick<DeviceDirectory, 'authenticate' | 'vouchedFor'>;
  readonly gatewayTokens: Pick<GatewayTokens, 'tenantOf'>;
}

/**
 * Who asks, by its credential alone; what the path says must be the same. A gateway of its tenant may speak for it. A device in
 * quarantine may be there for what it runs, so it may update; no other one that is not active may.
 */
export function admitDevice(
  admission: Admission,
  route: DdiRoute,
  request: { readonly authorization: string | undefined; readonly nowMs: number; readonly connection: object },
): AdmittedDevice | NotReady | DdiRefusal {
  const claim = parseDdiAuthorization(request.authorization);
  if (claim.kind !== 'device' && claim.kind !== 'gateway') return unauthorized;
  const outcome =
    claim.kind === 'gateway'
      ? throughGateway(admission, claim, route)
      : admission.directory.authenticate(claim.authorization, request.nowMs, request.connection);
  switch (outcome.kind) {
    case 'authenticated':
      return ofRoute(outcome.device.key, route);
    case 'forbidden':
      if (outcome.lifecycle === 'quarantined') return ofRoute(outcome.key, route);
      return refuse('forbidden', `a device that is ${outcome.lifecycle} gets no updates`);
    case 'unauthenticated':
      return unauthorized;
    case 'incomplete':
    case 'not-ready':
      return notReady;
  }
}

function throughGateway({ directory, gatewayTokens }: Admission, claim: GatewayClaim, route: DdiRoute): AuthOutcome {
  const tenant = gatewayTokens.tenantOf(claim, route.pathTenant);
  if (tenant === undefined) return { kind: 'unauthenticated', reason: 'wrong-secret' };
  return directory.vouchedFor(deviceKey(tenantId(tenant), route.controllerId));
}

function ofRoute(key: DeviceKey, { pathTenant, controllerId }: DdiRoute): AdmittedDevice | DdiRefusal {
  const { tenant, device } = parseDeviceKey(key);
  if (device !== controllerId || !isTenantOfPath(pathTenant, tenant)) return unauthorized;
  return { kind: 'admitted', tenant, device, key };
}
