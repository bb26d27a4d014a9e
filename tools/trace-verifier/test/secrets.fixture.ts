import { randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceName, System } from '@myelin/main-job';
import { beginTrace, traceparentOf } from '../src/driver/own-trace.js';
import { type VerifiedSystem, tenant } from '../src/driver/start-verified-system.js';

/** What must be told nowhere. */
export interface UsedSecrets {
  readonly byName: ReadonlyMap<string, string>;
  /** Of the requests that carried them, all sampled. */
  readonly traceIds: readonly string[];
}

interface Attempt {
  readonly service: ServiceName;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Requests with the right secrets and, in every place where one may stand, with wrong ones that can be recognized. */
export async function useSecrets({ system, webhook }: VerifiedSystem): Promise<UsedSecrets> {
  const marker = `mArKeD${randomBytes(12).toString('hex')}`;
  const token = await system.stack.operatorToken(tenant);
  const traceIds: string[] = [];
  const send = async ({ service, method, path, headers, body }: Attempt): Promise<string> => {
    const trace = beginTrace();
    traceIds.push(trace.traceId);
    const response = await fetch(new URL(path, system.url(service)), {
      ...{ method, headers: { ...headers, traceparent: traceparentOf(trace), baggage: `secret=${marker}` } },
      ...(body === undefined ? {} : { body }),
    });
    return response.text();
  };
  const line = JSON.stringify({ device: 'with-secret', profile: 'thermometer', credential: true });
  const imported = await send({
    ...{ service: 'device-registry', method: 'POST', path: '/v1/device-imports', body: `${line}\n` },
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
  });
  const credential = /"credentialId":"([^"]+)","secret":"([^"]+)"/.exec(imported);
  const [, id = '', secret = ''] = credential ?? [];
  if (secret === '') throw new Error(`no secret of a device in ${imported.length} characters`);
  const basic = Buffer.from(`${tenant}/hot:${marker}`).toString('base64');
  for (const attempt of attempts(marker, { right: `Bearer ${id}.${secret}`, operator: `Bearer ${token}`, basic })) {
    await send(attempt);
  }
  const databases = system.secrets.map((password, nth) => [`password ${nth} of a database`, password] as const);
  const others = {
    marker,
    basic,
    'token of an operator': token,
    'secret of a device': secret,
    'path of a webhook': webhook.secret,
  };
  return { byName: new Map([...databases, ...Object.entries(others)]), traceIds };
}

function attempts(
  marker: string,
  { right, operator, basic }: { readonly right: string; readonly operator: string; readonly basic: string },
): Attempt[] {
  const json = { 'content-type': 'application/json' };
  const report = (authorization: string, body: object, query = ''): Attempt => ({
    ...{ service: 'ingest-gateway', method: 'POST', path: `/v1/telemetry${query}`, body: JSON.stringify(body) },
    headers: { ...json, authorization },
  });
  const operators: readonly (readonly [ServiceName, string])[] = [
    ...([
      ['device-registry', '/v1/devices'],
      ['telemetry', '/v1/statistics'],
    ] as const),
    ...([
      ['alerting', '/v1/alarms'],
      ['firmware-rollout', '/v1/rollouts'],
    ] as const),
  ];
  return [
    report(right, { values: { temperature: 1 } }),
    report(right, { values: { temperature: marker } }),
    report(right, { values: { temperature: 1 } }, `?access_token=${marker}`),
    report(`Basic ${basic}`, {}),
    report(`Bearer 0198c0de-0000-7000-8000-000000000000.${marker}`, {}),
    ...operators.flatMap(([service, path]): Attempt[] => [
      { service, method: 'GET', path, headers: { authorization: `Bearer ${marker}` } },
      {
        service,
        method: 'GET',
        path: `${path}?cursor=${marker}&token=${marker}`,
        headers: { authorization: operator },
      },
      { service, method: 'POST', path, headers: { ...json, authorization: operator }, body: `{"secret":"${marker}"` },
    ]),
    {
      ...{ service: 'firmware-rollout', method: 'GET', path: `/${tenant}/controller/v1/hot` },
      headers: { authorization: `TargetToken ${marker}` },
    },
  ];
}

/** Every file of logs by its name, and what each service's admin listener says of its metrics. */
export async function logsAndMetricsOf(system: System): Promise<Record<string, string>> {
  const told: Record<string, string> = {};
  for (const file of await readdir(system.logFolder)) told[file] = await readFile(join(system.logFolder, file), 'utf8');
  for (const [name, { adminUrl }] of system.services) {
    if (adminUrl === undefined) continue;
    const headers = { accept: 'application/openmetrics-text' };
    told[`metrics of ${name}`] = await (await fetch(`${adminUrl}/metrics`, { headers })).text();
  }
  return told;
}
