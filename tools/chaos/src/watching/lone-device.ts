import { setTimeout as delay } from 'node:timers/promises';
import type { DeviceAccount } from '@myelin/fleet-simulator';
import { ChaosError } from '../chaos.errors.js';
import type { Damage } from '../scenario.js';
import type { AlarmReader, FoundAlarm } from './alarm-reader.js';

const reportEveryMs = 500;
const reports = 6;
const pollMs = 100;
/** A machine that is busy with other things may be late; the figure is in the verdict. */
const patienceMs = 60_000;

export interface LoneDevice {
  readonly rule: string;
  /** Of the rule. */
  readonly windowMs: number;
}

/** A device beside the fleet that reports, stops alone, and reports again: it has one alarm, raised and cleared in time. */
export async function stopOneDevice(damage: Damage, alarms: AlarmReader, lone: LoneDevice): Promise<void> {
  const { chaos, fleet, note, fail } = damage;
  const account = fleet.exampleDevice as DeviceAccount;
  const gateway = `http://${chaos.proxies.gateway.address}`;
  let lastMs = 0;
  for (let sent = 0; sent < reports; sent += 1) {
    lastMs = await report(gateway, account);
    if (sent < reports - 1) await delay(reportEveryMs);
  }
  // It never spoke before, which is an alarm of its own; that one began earlier, whenever it was noticed.
  const mine = async (): Promise<FoundAlarm[]> =>
    (await alarms.alarmsOf(lone.rule, account.device)).filter(({ startMs }) => startMs > lastMs);
  await damage.sleep(lone.windowMs);
  const raised = await until(async () => (await mine())[0]);
  if (raised === undefined) return fail('a device that stopped was not alarmed');
  const againMs = await report(gateway, account);
  const cleared = await until(async () => (await mine()).find(({ clearNoticedMs }) => clearNoticedMs !== undefined));
  if (cleared === undefined) return fail('the alarm of a silent device was not cleared by its next message');
  if ((await mine()).length > 1) fail('a device that stopped once was alarmed more than once');
  const lateMs = raised.raiseNoticedMs - lastMs - lone.windowMs;
  const clearMs = (cleared.clearNoticedMs as number) - againMs;
  note(
    `a device that stopped was alarmed ${seconds(lateMs)} s after its deadline, cleared ${seconds(clearMs)} s after its next message`,
  );
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const end = performance.now() + patienceMs; performance.now() < end; await delay(pollMs)) {
    const seen = await look();
    if (seen !== undefined) return seen;
  }
  return undefined;
}

/** @returns when it was answered */
async function report(gateway: string, { authorization }: DeviceAccount): Promise<number> {
  const headers = { authorization, 'content-type': 'application/json' };
  const body = JSON.stringify({ values: { battery: 50 } });
  const { status } = await fetch(`${gateway}/v1/telemetry`, { method: 'POST', headers, body });
  if (status !== 202) throw ChaosError.permanent('chaos.impossible', `a report was answered ${status}`);
  return Date.now();
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
