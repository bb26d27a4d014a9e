import { setTimeout as delay } from 'node:timers/promises';
import { type EncodingMix, encodingOf } from './encoding.js';
import { filtersOf } from './filter-plan.js';
import { deviceName } from './device-name.js';
import type { DeviceAccount, DeviceKind, GatewayClient } from './gateway-client.js';
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
  /** Share of devices whose profile has filters. */
  readonly filteredShare: number;
  readonly encodings: EncodingMix;
  /** Share of devices that are traced by a client of before OpenTelemetry; none by default. */
  readonly legacyShare?: number;
  /** Whether the devices have a counter, `energy`. */
  readonly metered: boolean;
  /** Where a device stands; nowhere by default. */
  readonly siteOf?: (nth: number) => string | undefined;
  /** Of a device, beside that of the fleet; none by default. */
  readonly labelsOf?: (nth: number) => Readonly<Record<string, string>>;
}

/** What devices say that they are, for releases to name. */
export const demoHardware = 'simulator:1.0';

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

/**
 * One profile per series, named after its metric, or of a metered fleet one for all of them: firmware is of a profile. Further
 * ones where some devices are evaluated only or filtered.
 */
export async function ensureProfiles(
  registry: OperatorClient,
  series: readonly Series[],
  identity: FleetIdentity,
): Promise<void> {
  for (const kind of kindsOf(identity)) {
    for (const [profile, replayed] of profilesOf(series, kind, identity)) {
      await registry.expect([200, 201, 412, 428], 'PUT', `/v1/profiles/${profile}`, {
        headers: { 'if-none-match': '*' },
        body: profileBody(replayed, kind, identity),
      });
    }
  }
}

/** From now on the filters of the fleet wait so long for late measurements. */
export async function putLateness(
  registry: OperatorClient,
  series: readonly Series[],
  identity: FleetIdentity,
  latenessMs: number,
): Promise<void> {
  if (identity.filteredShare === 0) return;
  for (const [profile, replayed] of profilesOf(series, 'filtered', identity)) {
    const path = `/v1/profiles/${profile}`;
    const { headers } = await registry.expect([200], 'GET', path);
    const body = { ...profileBody(replayed, 'filtered', identity), latenessMs };
    await registry.expect([200], 'PUT', path, { headers: { 'if-match': String(headers['etag']) }, body });
  }
}

function kindsOf({ evaluateOnlyShare, filteredShare }: FleetIdentity): readonly DeviceKind[] {
  return [
    'stored',
    ...(evaluateOnlyShare > 0 ? ['evaluated' as const] : []),
    ...(filteredShare > 0 ? ['filtered' as const] : []),
  ];
}

function profileBody(
  replayed: readonly Series[],
  kind: DeviceKind,
  { expectedReportIntervalMs, metered }: FleetIdentity,
): object {
  const filtersOfOne = (one: Series) => Object.entries(filtersOf(one, expectedReportIntervalMs));
  const filters = Object.fromEntries(kind === 'filtered' ? replayed.flatMap(filtersOfOne) : []);
  const kinds = {
    ...Object.fromEntries(replayed.map(({ metric }) => [metric, { kind: 'number' }])),
    battery: { kind: 'number', unit: '%', minimum: 0, maximum: 100 },
    online: { kind: 'boolean' },
    waveform: { kind: 'array' },
    place: { kind: 'position' },
    ...(metered && { energy: { kind: 'number', unit: 'W.h' } }),
  };
  return {
    ...(kind === 'evaluated' && { storage: 'evaluate-only' }),
    expectedReportIntervalMs: Math.max(1_000, expectedReportIntervalMs),
    metrics: Object.fromEntries(Object.entries(kinds).map(([name, rule]) => [name, { ...rule, ...filters[name] }])),
    unknownMetrics: 'refuse',
    retentionClass: 'standard',
    autoActivate: true,
    metadata: {},
  };
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
  const names = Array.from({ length: identity.devices }, (_, i) => deviceName(identity.prefix, i));
  const lines = names.map((device, i) =>
    JSON.stringify({
      device,
      profile: profileOfDevice(i, series, identity),
      site: identity.siteOf?.(i),
      labels: { fleet: identity.prefix, ...identity.labelsOf?.(i) },
      metadata: { hardware: demoHardware },
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

/** Spreads the shares evenly over the fleet. */
export function kindOf(
  nth: number,
  { evaluateOnlyShare, filteredShare }: Pick<FleetIdentity, 'evaluateOnlyShare' | 'filteredShare'>,
): DeviceKind {
  if (isDue(nth, evaluateOnlyShare)) return 'evaluated';
  const nthOfRest = nth - Math.floor(nth * evaluateOnlyShare);
  return isDue(nthOfRest, filteredShare / (1 - evaluateOnlyShare)) ? 'filtered' : 'stored';
}

function isDue(nth: number, share: number): boolean {
  return Math.floor((nth + 1) * share) > Math.floor(nth * share);
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
    targetToken: `TargetToken ${credentialId}.${secret}`,
    encoding: encodingOf(i, identity.encodings),
    kind: kindOf(i, identity),
    isLegacy: isDue(i, identity.legacyShare ?? 0),
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

const profilePrefixes: Readonly<Record<DeviceKind, string>> = {
  stored: 'sim',
  evaluated: 'sim-evaluated',
  filtered: 'sim-filtered',
};

/** The profile of the device by this number. Device i replays series i mod n. */
export function profileOfDevice(nth: number, series: readonly Series[], identity: FleetIdentity): string {
  const kind = kindOf(nth, identity);
  const replayed = identity.metered ? series : [series[nth % series.length] as Series];
  return profileOf(replayed, kind, identity);
}

/** Profiles by their names, with the series that their devices replay. */
function profilesOf(
  series: readonly Series[],
  kind: DeviceKind,
  identity: FleetIdentity,
): readonly (readonly [string, readonly Series[]])[] {
  const shared = identity.metered ? [series] : series.map((one) => [one]);
  return shared.map((replayed) => [profileOf(replayed, kind, identity), replayed]);
}

/** A profile that is there stays as it is, so devices with a counter, or with other metrics, have others. */
function profileOf(replayed: readonly Series[], kind: DeviceKind, { metered }: Pick<FleetIdentity, 'metered'>): string {
  const prefix = `${profilePrefixes[kind]}${metered ? '-metered' : ''}-`;
  const metrics = replayed.map(({ metric }) => metric.replace(/[^A-Za-z0-9._-]/g, '-')).join('-');
  return `${prefix}${metrics.slice(0, Math.min(50, 64 - prefix.length))}`;
}
