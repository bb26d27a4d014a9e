import type { DrivenRequests } from '../expectations/check-all.js';
import type { DrivenRequest } from '../expectations/check-journey.js';
import type { JourneyName } from '../expectations/journey.js';
import { Client } from './client.js';
import { prepareRollout, startRollout, untilOffered, update } from './firmware.js';
import { beginTrace } from './own-trace.js';
import { type Device, prepareFleet, profile, profileBody } from './prepare-fleet.js';
import { acknowledge, prepareAlarms, report, watchSilence } from './report.js';
import { type VerifiedSystem, tenant } from './start-verified-system.js';

const names = ['probe', 'hot', 'hot-while-killed', 'first', 'second', 'silent'] as const;

export interface DriveSettings {
  /** Whether all of a request's trace has come, or the patience with that is over. */
  readonly isSeen: (journey: JourneyName, request: DrivenRequest) => Promise<unknown>;
  readonly say: (line: string) => void;
}

/** One request of each kind, each in a trace of its own, and everything that they lead to. @throws TraceVerifierError */
export async function drive(
  { system, webhook, secrets }: VerifiedSystem,
  { isSeen, say }: DriveSettings,
): Promise<DrivenRequests> {
  const requests = {
    ...{ report: beginTrace(), 'report-while-killed': beginTrace(), acknowledgement: beginTrace() },
    ...{ profile: beginTrace(), device: beginTrace(), rollout: beginTrace(), feedback: beginTrace() },
    // Begun by nobody.
    silence: beginTrace(),
  };
  const client = new Client(system, tenant, secrets);
  say('registering devices');
  const devices = await prepareFleet(client, names);
  const of = (name: (typeof names)[number]): Device => devices.get(name) as Device;

  const created = { trace: requests.profile, body: profileBody };
  await client.request('device-registry', 'PUT', '/v1/profiles/traced-profile', created);
  const registered = { trace: requests.device, body: { device: 'traced-device', profile } };
  await client.request('device-registry', 'POST', '/v1/devices', registered);

  say('a report raises an alarm');
  await prepareAlarms(client, webhook.url, of('probe'));
  await watchSilence(client, 'silent');
  await report(client, of('hot'), requests.report);
  await webhook.untilTold('hot');
  await acknowledge(client, 'hot', requests.acknowledgement);

  say('firmware is rolled out in two waves');
  const etag = await prepareRollout(client, ['first', 'second']);
  await startRollout(client, etag, requests.rollout);
  await update(client, of('first'), requests.feedback);
  await untilOffered(client, of('second'));

  await webhook.untilTold('silent');
  // Who is killed takes along what it has not exported.
  await isSeen('report', requests.report);
  await isSeen('acknowledgement', requests.acknowledgement);
  await isSeen('silence', requests.silence);
  say('telemetry and alerting are killed with a report at hand');
  const killed = ['telemetry', 'alerting'].flatMap((name) => system.services.get(name) ?? []);
  // Stopped first, so that nobody has processed it before its end.
  for (const service of killed) service.kill('SIGSTOP');
  await report(client, of('hot-while-killed'), requests['report-while-killed']);
  for (const service of killed) service.kill('SIGKILL');
  await webhook.untilTold('hot-while-killed');
  return requests;
}
