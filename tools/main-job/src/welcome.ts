import type { Fleet } from '@myelin/fleet-simulator';
import { randomBytes } from 'node:crypto';
import { tracesUrl } from '@myelin/local-stack';
import type { System } from './system.js';
import type { Traces } from './traces.js';

/** Addresses, a token, and some lines to try, for a terminal. */
export async function welcome(
  system: System,
  { tenant, exampleDevice: account, rollout }: Pick<Fleet, 'tenant' | 'exampleDevice' | 'rollout'>,
  traces: Traces | undefined,
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
${traces?.queryUrl === undefined ? '' : `  traces            ${traces.queryUrl}/api/v3\n`}
An operator token for tenant ${tenant} (admin, platform-admin):
export TOKEN=${token}

Try:
curl -s -i -H 'Authorization: ${account?.authorization ?? ''}' -H 'Content-Type: application/json' -d '{"values":{"battery":99}}' ${gateway}/v1/telemetry
curl -s -H "Authorization: Bearer $TOKEN" ${telemetry}${path}/latest
curl -s -H "Authorization: Bearer $TOKEN" ${registry}${path}
curl -s -H "Authorization: Bearer $TOKEN" '${alerting}/v1/alarms?state=active'
${traceLines(traces, `${gateway}/v1/telemetry`, account?.authorization ?? '')}${rolloutLines(`${firmware}/v1/rollouts`, rollout)}`;
}

/** A request with a trace id of its own can be looked up by it. */
function traceLines(traces: Traces | undefined, telemetry: string, authorization: string): string {
  if (traces?.queryUrl === undefined) return '';
  const [traceId, parentId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const period = { fromMs: Date.now(), toMs: Date.now() + 86_400_000 };
  return `
A report as a trace, from the request to the stored row (there some seconds later: spans leave in batches); then a trace that the fleet has made, and who sends spans:
curl -s -i -H 'traceparent: 00-${traceId}-${parentId}-01' -H 'Authorization: ${authorization}' -H 'Content-Type: application/json' -d '{"values":{"battery":98}}' ${telemetry}
curl -s ${traces.queryUrl}/api/v3/traces/${traceId}
curl -s '${tracesUrl(traces.queryUrl, { service: 'ingest-gateway', traces: 1, ...period })}'
curl -s ${traces.queryUrl}/api/v3/services
`;
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
