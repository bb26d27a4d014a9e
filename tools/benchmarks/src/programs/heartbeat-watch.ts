import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { alertingDomain, type AlertingDomain } from '../alerting-domain.js';
import { serveProgram } from '../harness/program.js';

export const heartbeatKinds = ['evaluator', 'wheel'] as const;
export interface HeartbeatPlan {
  /** The service's evaluators with a rule about silence, or the deadlines alone. */
  readonly kind: (typeof heartbeatKinds)[number];
  readonly devices: number;
  readonly partitions: number;
}

/** In bytes. */
export interface Opened {
  /** What is remembered of a device that was heard. */
  readonly perDevice: number;
  /** What is known of it beside that: 0 without evaluators. */
  readonly perKnownDevice: number;
}

export interface WatchOutcome {
  /** What is remembered of a device in the end, in bytes. */
  readonly perDevice: number;
  /** Devices that stopped and were not found silent, and that were found silent and had not stopped. */
  readonly wrong: number;
  readonly cpuMs: number;
  /** From the deadline of a device's silence until it was found, at most. */
  readonly lagMs: number;
  /** The longest that ticks of one moment took. */
  readonly tickMs: number;
}

const intervalMs = 60_000;
/** Three report intervals. */
const silenceMs = 3 * intervalMs;
const startMs = 1_795_420_800_000;

interface Report {
  readonly device: number;
  readonly key: string;
}

/** A text of its own for each record, as a consumer reads it. */
function keyOf(device: number): string {
  return Buffer.from(`acme/device-${device}`).toString();
}

interface Watch {
  hear(report: Report, partition: number, receivedAtMs: number): void;
  tick(partition: number, atMs: number): void;
  /** What a checkpoint would take is given away. */
  rest(): void;
}

type OnSilence = (device: number, silent: boolean) => void;

let checkpoints = 0;
function checkpointed(change: unknown): void {
  if (change !== undefined) checkpoints += 1;
}

/** One rule about all devices, in a fleet as the service follows it. */
function evaluators(domain: AlertingDomain, { devices, partitions }: HeartbeatPlan, onSilence: OnSilence): Watch {
  const fleet = domain.newFleet();
  const rule = { id: 'silent', version: 1, severity: 'major', scope: {}, when: { op: 'absent' } };
  fleet.apply({ of: 'rule', tenant: 'acme', id: 'silent', to: rule });
  const profile = { expectedReportIntervalMs: intervalMs, metadata: {} };
  fleet.apply({ of: 'profile', key: 'acme/thermometer', to: profile });
  for (let device = 0; device < devices; device += 1) {
    const state = { profile: 'thermometer', site: `hall-${device % 100}`, labels: {}, metadata: {} };
    fleet.apply({ of: 'device', key: keyOf(device), to: state });
  }
  const all = Array.from({ length: partitions }, () => domain.newPartition(fleet));
  const sink = (key: string, { kind }: { readonly kind: string }): void =>
    onSilence(Number(key.slice(key.lastIndexOf('-') + 1)), kind === 'raised');
  return {
    hear: ({ key }, partition, receivedAtMs) => {
      all[partition]?.take(key, [{ ts: receivedAtMs - 100, values: { temperature: 21.5 } }], receivedAtMs, sink);
    },
    tick: (partition, atMs) => all[partition]?.tick('gateway-0', atMs, sink),
    rest: () => {
      for (const partition of all) for (const change of partition.changes()) checkpointed(change);
    },
  };
}

function wheel(domain: AlertingDomain, { devices }: HeartbeatPlan, onSilence: OnSilence): Watch {
  const heartbeats = domain.newHeartbeats({
    due: () => undefined,
    silent: (device) => onSilence(device, true),
    heard: (device) => onSilence(device, false),
  });
  const watched = new Uint8Array(devices);
  return {
    hear: ({ device }, partition) => {
      if (watched[device] === 0) heartbeats.watch(device, partition, silenceMs);
      else heartbeats.hear(device, partition);
      watched[device] = 1;
    },
    tick: (partition, atMs) => heartbeats.advance(partition, atMs - startMs),
    rest: () => undefined,
  };
}

/** Devices that report once a minute each, spread over it, with a tick of every partition each half second. */
class Reporters {
  private readonly silent: Uint8Array;
  private readonly heardAtMs: Float64Array;
  private watch: Watch | undefined;
  private halfSecond = 0;
  private nowMs = startMs;
  private lagMs = 0;
  private longestTickMs = 0;

  constructor(private readonly plan: HeartbeatPlan) {
    this.silent = new Uint8Array(plan.devices);
    this.heardAtMs = new Float64Array(plan.devices);
  }

  meet(domain: AlertingDomain): void {
    const make = this.plan.kind === 'wheel' ? wheel : evaluators;
    this.watch = make(domain, this.plan, (device, silent) => this.note(device, silent));
  }

  /** @param share of the devices that go on reporting */
  run(seconds: number, share: number): Omit<WatchOutcome, 'perDevice'> {
    [this.lagMs, this.longestTickMs] = [0, 0];
    let cpuUs = 0;
    for (const end = this.halfSecond + 2 * seconds; this.halfSecond < end; this.halfSecond += 1) {
      const reports = this.reports(share);
      const before = process.cpuUsage();
      this.tick();
      this.take(reports);
      const { user, system } = process.cpuUsage(before);
      cpuUs += user + system;
    }
    const { lagMs, longestTickMs: tickMs } = this;
    return { wrong: this.wrong(share), cpuMs: cpuUs / 1_000, lagMs: lagMs + tickMs, tickMs };
  }

  /** As after a checkpoint. */
  rest(): void {
    this.watch?.rest();
  }

  private tick(): void {
    this.nowMs = startMs + this.halfSecond * 500;
    const startedAt = performance.now();
    for (let partition = 0; partition < this.plan.partitions; partition += 1) this.watch?.tick(partition, this.nowMs);
    this.longestTickMs = Math.max(this.longestTickMs, performance.now() - startedAt);
  }

  private wrong(share: number): number {
    const stopped = Math.floor(this.silent.length * share);
    return this.silent.reduce((sum, silent, device) => sum + Number((silent === 1) !== device >= stopped), 0);
  }

  /** Of this half second. Reading records is what a consumer does anyhow, so it is not measured. */
  private reports(share: number): Report[] {
    const reporting = Math.floor(this.plan.devices * share);
    const reports: Report[] = [];
    for (let device = this.halfSecond % 120; device < reporting; device += 120)
      reports.push({ device, key: keyOf(device) });
    return reports;
  }

  private take(reports: readonly Report[]): void {
    reports.forEach((report, nth) => {
      const receivedAtMs = this.nowMs + 1 + (nth % 499);
      this.heardAtMs[report.device] = receivedAtMs;
      this.watch?.hear(report, report.device % this.plan.partitions, receivedAtMs);
    });
  }

  private note(device: number, silent: boolean): void {
    this.silent[device] = Number(silent);
    if (silent) this.lagMs = Math.max(this.lagMs, this.nowMs - ((this.heardAtMs[device] as number) + silenceMs));
  }
}

let reporters: Reporters | undefined;
let devices = 0;
let bytesBefore = 0;

/** Array buffers are given back after the collection that finds them unused. */
async function bytesInUse(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    global.gc?.();
    await setTimeout(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Every device is heard once. */
async function open(plan: HeartbeatPlan): Promise<Opened> {
  const domain = await alertingDomain();
  devices = plan.devices;
  reporters = new Reporters(plan);
  const bytesAtFirst = await bytesInUse();
  reporters.meet(domain);
  bytesBefore = await bytesInUse();
  reporters.run(60, 1);
  return {
    perDevice: await bytesPerDevice(),
    perKnownDevice: plan.kind === 'evaluator' ? (bytesBefore - bytesAtFirst) / devices : 0,
  };
}

async function bytesPerDevice(): Promise<number> {
  reporters?.rest();
  return ((await bytesInUse()) - bytesBefore) / devices;
}

/** @param share of the devices that go on reporting */
async function watch({ seconds, share }: { readonly seconds: number; readonly share: number }): Promise<WatchOutcome> {
  const outcome = (reporters as Reporters).run(seconds, share);
  return { ...outcome, perDevice: await bytesPerDevice() };
}

serveProgram({ open, watch, checkpoints: () => checkpoints });
