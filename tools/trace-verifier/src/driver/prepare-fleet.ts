import type { Client } from './client.js';

export const profile = 'thermometer';

/** A device that was registered, and how it shows who it is. */
export interface Device {
  readonly device: string;
  /** `<credentialId>.<secret>` */
  readonly token: string;
}

interface Imported {
  readonly device?: string;
  readonly credential?: { readonly credentialId: string; readonly secret: string };
}

export const profileBody = {
  ...{ expectedReportIntervalMs: 3_600_000, metrics: { temperature: { kind: 'number' } }, unknownMetrics: 'refuse' },
  ...{ metadata: {}, retentionClass: 'standard', autoActivate: true },
};

/** The tenant, its profile and its devices. @throws TraceVerifierError trace-verifier.refused */
export async function prepareFleet(client: Client, names: readonly string[]): Promise<Map<string, Device>> {
  const limits = { maxDevices: 1_000, messagesPerSecond: 1_000, messagesPerSecondPerDevice: 100 };
  await client.request('device-registry', 'POST', '/v1/tenants', {
    body: { tenant: client.tenant, displayName: 'Traced', timeZone: 'UTC', limits },
  });
  await client.request('device-registry', 'PUT', `/v1/profiles/${profile}`, { body: profileBody });
  const lines = names.map((device) => JSON.stringify({ device, profile, credential: true }));
  const { text } = await client.request('device-registry', 'POST', '/v1/device-imports', {
    body: Buffer.from(`${lines.join('\n')}\n`),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const imported = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Imported]));
  return new Map(
    imported.flatMap(({ device, credential }) =>
      device === undefined || credential === undefined
        ? []
        : [[device, { device, token: `${credential.credentialId}.${credential.secret}` }]],
    ),
  );
}
