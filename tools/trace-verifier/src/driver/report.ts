import type { DrivenRequest } from '../expectations/check-journey.js';
import type { Client } from './client.js';
import { profile, type Device } from './prepare-fleet.js';
import { until } from './until.js';

const rule = 'too-hot';

export interface ActiveAlarm {
  readonly alarm: string;
  readonly version: number;
}

/** A report that is too hot. */
export async function report(client: Client, { token }: Device, trace?: DrivenRequest): Promise<void> {
  await client.request('ingest-gateway', 'POST', '/v1/telemetry', {
    body: { values: { temperature: 99 } },
    headers: { authorization: `Bearer ${token}` },
    ...(trace === undefined ? {} : { trace }),
  });
}

/** A rule, and who is told of its alarms; when this is done, it holds for this device, and so for all of them. */
export async function prepareAlarms(client: Client, hook: string, probe: Device): Promise<void> {
  const receiver = { name: 'hook', kind: 'webhook', url: hook, signingKeyRef: 'main' };
  const route = { receiver: 'hook', groupBy: ['...'], groupWaitMs: 0, groupIntervalMs: 60_000 };
  await client.request('alerting', 'PUT', '/v1/notification-policy', { body: { route, receivers: [receiver] } });
  const when = { metric: 'temperature', op: '>', value: 90 };
  const body = { scope: { profiles: [profile] }, when, severity: 'major', storm: { share: 1 } };
  await client.request('alerting', 'PUT', `/v1/rules/${rule}`, { body });
  await until('the rule to hold', async () => {
    // Before the gateway knows the device it refuses it.
    await report(client, probe).catch(() => undefined);
    return activeAlarm(client, probe.device);
  });
}

/** A device that was never heard falls silent by itself. */
export async function watchSilence(client: Client, device: string): Promise<void> {
  const when = { op: 'absent', windowMs: 1_000 };
  const body = { scope: { devices: [device] }, when, severity: 'minor', storm: { share: 1 } };
  await client.request('alerting', 'PUT', '/v1/rules/silent', { body });
}

export async function activeAlarm(client: Client, device: string): Promise<ActiveAlarm | undefined> {
  const path = `/v1/alarms?state=active&rule=${rule}&device=${device}`;
  const { items } = await client.json<{ items: ActiveAlarm[] }>('alerting', 'GET', path);
  return items[0];
}

/** The operator's word that somebody has seen it. */
export async function acknowledge(client: Client, device: string, trace: DrivenRequest): Promise<void> {
  const { alarm, version } = await until(`an alarm of ${device}`, () => activeAlarm(client, device));
  const headers = { 'if-match': `"${version}"` };
  await client.request('alerting', 'POST', `/v1/alarms/${alarm}/acknowledge`, { headers, trace });
}
