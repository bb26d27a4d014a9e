import type { Fleet } from '@myelin/fleet-simulator';
import type { System } from './system.js';

/** Addresses, a token, and some lines to try, for a terminal. */
export async function welcome(
  system: System,
  { tenant, exampleDevice: account, rollout }: Pick<Fleet, 'tenant' | 'exampleDevice' | 'rollout'>,
): Promise<string> {
  const token = await system.stack.operatorToken(tenant);
  const gateway = system.url('ingest-gateway');
  const registry = system.url('device-registry');
  const telemetry = system.url('telemetry');
  const alerting = system.url('alerting');
  const firmware = system.url('firmware-rollout');
  const path = `/v1/devices/${encodeURIComponent(account?.device ?? '')}`;
  return `
Myelin is running.
  ingest gateway    ${gateway}
  device registry   ${registry}/openapi.json
  telemetry         ${telemetry}/openapi.json
  alerting          ${alerting}/openapi.json
  firmware rollout  ${firmware}/openapi.json
  Kafka             ${system.stack.brokers.join(',')}
  token issuer      ${system.stack.issuer}
  logs              ${system.logFolder}

An operator token for tenant ${tenant} (admin, platform-admin):
export TOKEN=${token}

Try:
curl -s -i -H 'Authorization: ${account?.authorization ?? ''}' -H 'Content-Type: application/json' -d '{"values":{"battery":99}}' ${gateway}/v1/telemetry
curl -s -H "Authorization: Bearer $TOKEN" ${telemetry}${path}/latest
curl -s -H "Authorization: Bearer $TOKEN" ${registry}${path}
curl -s -H "Authorization: Bearer $TOKEN" '${alerting}/v1/alarms?state=active'
${rolloutLines(`${firmware}/v1/rollouts`, rollout)}`;
}

function rolloutLines(rollouts: string, rollout: string | undefined): string {
  if (rollout === undefined) return '';
  return `
A firmware is rolled out to the fleet in three waves. How it stands, as it goes on, and what became of a wave's devices:
curl -s -H "Authorization: Bearer $TOKEN" ${rollouts}/${rollout}
curl -s -N -H "Authorization: Bearer $TOKEN" ${rollouts}/${rollout}/events
curl -s -H "Authorization: Bearer $TOKEN" '${rollouts}/${rollout}/assignments?wave=0'
`;
}
