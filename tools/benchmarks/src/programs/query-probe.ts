import { setTimeout as delay } from 'node:timers/promises';
import { OperatorClient } from '@myelin/fleet-simulator';

export interface ProbePlan {
  readonly gatewayUrl: string;
  readonly telemetryUrl: string;
  readonly token: () => Promise<string>;
  readonly device: string;
  readonly authorization: string;
  readonly forMs: number;
}

const everyMs = 100;
const giveUpMs = 30_000;

export interface ProbeOutcome {
  /** From publishing to the answer of the query that shows it; what was never shown counts as 30 s. */
  readonly latenciesMs: readonly number[];
  readonly accepted: number;
  readonly lost: number;
}

/** Reports as one more device and asks for each measurement until a query shows it. */
export async function probe(plan: ProbePlan): Promise<ProbeOutcome> {
  const telemetry = new OperatorClient(plan.telemetryUrl, plan.token);
  const latenciesMs: number[] = [];
  let [accepted, lost] = [0, 0];
  const follow = async (ts: number): Promise<void> => {
    const sentAt = performance.now();
    if (!(await report(plan, ts))) return;
    accepted += 1;
    while (performance.now() - sentAt < giveUpMs) {
      if (await isShown(telemetry, plan.device, ts)) {
        latenciesMs.push(performance.now() - sentAt);
        return;
      }
      await delay(Math.max(20, (performance.now() - sentAt) / 10));
    }
    lost += 1;
    latenciesMs.push(giveUpMs);
  };
  const running: Promise<void>[] = [];
  const endsAt = performance.now() + plan.forMs;
  while (performance.now() < endsAt) {
    running.push(follow(Date.now()));
    await delay(everyMs);
  }
  await Promise.all(running);
  await telemetry.close();
  return { latenciesMs, accepted, lost };
}

async function report({ gatewayUrl, authorization }: ProbePlan, ts: number): Promise<boolean> {
  const response = await fetch(`${gatewayUrl}/v1/telemetry`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ ts, values: { temperature: 21.5 } }),
  });
  await response.arrayBuffer();
  return response.status === 202;
}

async function isShown(telemetry: OperatorClient, device: string, ts: number): Promise<boolean> {
  const range = new URLSearchParams({ from: new Date(ts).toISOString(), to: new Date(ts + 1).toISOString() });
  const path = `/v1/devices/${device}/measurements/raw?${range.toString()}`;
  const { status, text } = await telemetry.request('GET', path, { headers: { accept: 'application/x-ndjson' } });
  return status === 200 && text.trim() !== '';
}
