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

/** By this process' clock; the gateway took it somewhere in between. */
interface Report {
  readonly sentMs: number;
  readonly answeredMs: number;
}

/**
 * By how much the look errs: the alarm's moment and that of sending are readings of one host's clock, each cut to its millisecond. That
 * the gateway took the message a while after it was sent makes a deadline later only.
 */
const readingMs = 1;

/** A device beside the fleet that reports, stops alone, and reports again: it has one alarm, raised and cleared in time. */
export async function stopOneDevice(damage: Damage, alarms: AlarmReader, lone: LoneDevice): Promise<void> {
  const { chaos, fleet, note, fail } = damage;
  const account = fleet.exampleDevice as DeviceAccount;
  const gateway = `http://${chaos.proxies.gateway.address}`;
  let last: Report = { sentMs: 0, answeredMs: 0 };
  for (let sent = 0; sent < reports; sent += 1) {
    last = await report(gateway, account);
    if (sent < reports - 1) await delay(reportEveryMs);
  }
  // It never spoke before, which is an alarm of its own; that one began earlier, whenever it was noticed.
  const mine = async (): Promise<FoundAlarm[]> =>
    (await alarms.alarmsOf(lone.rule, account.device)).filter(({ startMs }) => startMs > last.answeredMs);
  await damage.sleep(lone.windowMs);
  const raised = await until(async () => (await mine())[0]);
  if (raised === undefined) return fail('a device that stopped was not alarmed');
  const again = await report(gateway, account);
  const cleared = await until(async () => (await mine()).find(({ clearNoticedMs }) => clearNoticedMs !== undefined));
  if (cleared === undefined) return fail('the alarm of a silent device was not cleared by its next message');
  if ((await mine()).length > 1) fail('a device that stopped once was alarmed more than once');
  if (isEarly(raised.raiseNoticedMs, last.sentMs, lone.windowMs))
    fail(
      `a device that stopped was alarmed ${last.sentMs + lone.windowMs - raised.raiseNoticedMs} ms before its deadline`,
    );
  const lateMs = raised.raiseNoticedMs - last.answeredMs - lone.windowMs;
  const clearMs = (cleared.clearNoticedMs as number) - again.answeredMs;
  note(
    `a device that stopped was alarmed ${seconds(lateMs)} s after its deadline, cleared ${seconds(clearMs)} s after its next message`,
  );
}

/** Whether the alarm was noticed before the deadline of even a message that was taken as soon as it was sent. */
export function isEarly(noticedMs: number, sentMs: number, windowMs: number): boolean {
  return noticedMs < sentMs + windowMs - readingMs;
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const end = performance.now() + patienceMs; performance.now() < end; await delay(pollMs)) {
    const seen = await look();
    if (seen !== undefined) return seen;
  }
  return undefined;
}

async function report(gateway: string, { authorization }: DeviceAccount): Promise<Report> {
  const headers = { authorization, 'content-type': 'application/json' };
  const body = JSON.stringify({ values: { battery: 50 } });
  const sentMs = Date.now();
  const { status } = await fetch(`${gateway}/v1/telemetry`, { method: 'POST', headers, body });
  if (status !== 202) throw ChaosError.permanent('chaos.impossible', `a report was answered ${status}`);
  return { sentMs, answeredMs: Date.now() };
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
