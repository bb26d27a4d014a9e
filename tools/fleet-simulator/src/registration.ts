import { setTimeout as delay } from 'node:timers/promises';
import { type EncodingMix, encodingOf } from './encoding.js';
import type { DeviceAccount, GatewayClient } from './gateway-client.js';
import type { OperatorClient } from './operator-client.js';
import type { Series } from './series.js';
import { SimulatorError } from './simulator.errors.js';

export interface FleetIdentity {
  readonly tenant: string;
  /** Devices are named `<prefix>-<number>`. */
  readonly prefix: string;
  readonly devices: number;
  readonly expectedReportIntervalMs: number;
  /** Share of devices whose profile says `evaluate-only`. */
  readonly evaluateOnlyShare: number;
  readonly encodings: EncodingMix;
}

/** Makes the tenant unless it is there, with limits that the fleet does not reach. Needs a platform-admin. */
export async function ensureTenant(registry: OperatorClient, tenant: string): Promise<void> {
  await registry.expect([201, 409], 'POST', '/v1/tenants', {
    body: {
      tenant,
      displayName: `Fleet ${tenant}`,
      timeZone: 'Europe/Berlin',
      limits: { maxDevices: 2_000_000, messagesPerSecond: 1_000_000, messagesPerSecondPerDevice: 2_000 },
    },
  });
}

/** One profile per series, named after its metric; a second one where measurements are evaluated only. */
export async function ensureProfiles(
  registry: OperatorClient,
  series: readonly Series[],
  identity: FleetIdentity,
): Promise<void> {
  const kinds = identity.evaluateOnlyShare > 0 ? [false, true] : [false];
  for (const [metric, evaluateOnly] of series.flatMap((one) => kinds.map((kind) => [one.metric, kind] as const))) {
    await registry.expect([200, 201, 412, 428], 'PUT', `/v1/profiles/${profileOf(metric, evaluateOnly)}`, {
      headers: { 'if-none-match': '*' },
      body: {
        ...(evaluateOnly && { storage: 'evaluate-only' }),
        expectedReportIntervalMs: Math.max(1_000, identity.expectedReportIntervalMs),
        metrics: {
          [metric]: { kind: 'number' },
          battery: { kind: 'number', unit: '%', minimum: 0, maximum: 100 },
          online: { kind: 'boolean' },
          waveform: { kind: 'array' },
          place: { kind: 'position' },
        },
        unknownMetrics: 'refuse',
        retentionClass: 'standard',
        autoActivate: true,
        metadata: {},
      },
    });
  }
}

interface ImportResult {
  readonly device?: string;
  readonly status: string;
  readonly credential?: { readonly credentialId: string; readonly secret: string };
  readonly problem?: { readonly title?: string; readonly detail?: string };
}

/** Registers the devices by one bulk import and takes their secrets from its answer. Device i replays series i mod n. */
export async function registerDevices(
  registry: OperatorClient,
  series: readonly Series[],
  identity: FleetIdentity,
): Promise<DeviceAccount[]> {
  const names = Array.from(
    { length: identity.devices },
    (_, i) => `${identity.prefix}-${String(i + 1).padStart(6, '0')}`,
  );
  const lines = names.map((device, i) =>
    JSON.stringify({
      device,
      profile: profileOf((series[i % series.length] as Series).metric, isEvaluateOnly(i, identity)),
      labels: { fleet: identity.prefix },
      credential: true,
    }),
  );
  const response = await registry.expect([200], 'POST', '/v1/device-imports', {
    text: `${lines.join('\n')}\n`,
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const results = response.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ImportResult)
    .filter((result) => result.device !== undefined);
  return results.map((result, i) => accountOf(identity, result, i));
}

/** Spreads the share evenly over the fleet. */
function isEvaluateOnly(i: number, { evaluateOnlyShare: share }: FleetIdentity): boolean {
  return Math.floor((i + 1) * share) > Math.floor(i * share);
}

/** Half of the fleet uses HTTP Basic, half Bearer. */
function accountOf(identity: FleetIdentity, result: ImportResult, i: number): DeviceAccount {
  if (result.device === undefined || result.credential === undefined) {
    const why = result.problem?.detail ?? result.problem?.title ?? result.status;
    throw SimulatorError.permanent('simulator.registration-failed', `${result.device ?? 'a device'}: ${why}`);
  }
  const { credentialId, secret } = result.credential;
  const basic = Buffer.from(`${identity.tenant}/${encodeURIComponent(result.device)}:${secret}`).toString('base64');
  const authorization = i % 2 === 0 ? `Basic ${basic}` : `Bearer ${credentialId}.${secret}`;
  return {
    device: result.device,
    authorization,
    encoding: encodingOf(i, identity.encodings),
    evaluateOnly: isEvaluateOnly(i, identity),
  };
}

/**
 * Waits until the gateway knows every device: an empty array is refused as a body only after the device was let in.
 * @throws SimulatorError simulator.registration-failed
 */
export async function untilKnown(
  gateway: GatewayClient,
  accounts: readonly DeviceAccount[],
  deadlineMs: number,
): Promise<void> {
  const end = Date.now() + deadlineMs;
  let unknown = accounts;
  while (unknown.length > 0) {
    if (Date.now() > end) {
      const detail = `the gateway does not let in ${unknown.length} devices, ${unknown[0]?.device} among them`;
      throw SimulatorError.permanent('simulator.registration-failed', detail);
    }
    const answers = await Promise.all(unknown.map((account) => gateway.send(account, [])));
    unknown = unknown.filter((_, i) => {
      const answer = answers[i];
      return !(answer?.kind === 'refused' && answer.status === 400);
    });
    if (unknown.length > 0) await delay(50);
  }
}

function profileOf(metric: string, evaluateOnly: boolean): string {
  const prefix = evaluateOnly ? 'sim-evaluated' : 'sim';
  return `${prefix}-${metric.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 50)}`;
}
