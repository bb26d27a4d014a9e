import { setTimeout as delay } from 'node:timers/promises';
import { noUpdateFaults, type UpdateFaultShares } from './ddi/update-faults.js';
import type { EncodingMix } from './encoding.js';
import type { FaultShares } from './fault-plan.js';
import { type FilterPlan, filterPlan } from './filter-plan.js';
import type { FleetReport } from './fleet-report.js';
import { type DeviceAccount, type DeviceKind, GatewayClient } from './gateway-client.js';
import { AlarmWatch } from './incidents/alarm-watch.js';
import { LatencyProbe, type SampleListener } from './latency-probe.js';
import { Ledger } from './ledger.js';
import { LegacyTracer } from './legacy/legacy-tracer.js';
import { OperatorClient, type TokenSource } from './operator-client.js';
import { type CountedDevices, prove, type ProofResult } from './proof.js';
import { Random } from './random.js';
import {
  ensureProfiles,
  ensureTenant,
  type FleetIdentity,
  profileOfDevice,
  putLateness,
  registerDevices,
  untilKnown,
} from './registration.js';
import { DemoRollout } from './rollout/demo-rollout.js';
import type { RolloutScenario } from './rollout/rollout-plan.js';
import type { RolloutStanding } from './rollout/rollout-standing.js';
import { type Series } from './series.js';
import { SimulatedDevice } from './simulated-device.js';
import { isQueryable, readStored } from './stored-measurements.js';

export interface FleetSettings {
  readonly gatewayUrl: string;
  readonly registryUrl: string;
  readonly telemetryUrl: string;
  /** Where alarms are watched: rules are put on the fleet, and incidents happen to it. Nothing of that by default. */
  readonly alertingUrl?: string;
  /** Where a rollout is shown: the devices are update clients of it. Nothing of that by default. */
  readonly firmwareUrl?: string;
  /** `rollout` by default. */
  readonly rolloutScenario?: RolloutScenario;
  /** Of the rollout's updates; none by default. */
  readonly updateFaults?: UpdateFaultShares;
  readonly token: TokenSource;
  readonly tenant: string;
  readonly prefix: string;
  readonly devices: number;
  /** Between two reports of one device. */
  readonly intervalMs: number;
  /** Measurements per report; 1 by default. */
  readonly reportSize?: number;
  /** Share of devices whose measurements are evaluated and never stored; 0 by default. */
  readonly evaluateOnlyShare?: number;
  /** Share of devices whose profile has filters; 0 by default. */
  readonly filteredShare?: number;
  /** How long it is planned to run; undefined when nobody knows. */
  readonly forMs?: number | undefined;
  /** How the devices write their reports; `json` by default. */
  readonly encodings?: EncodingMix;
  /** Share of devices that are traced by a client of before OpenTelemetry; 0 by default. */
  readonly legacyShare?: number | undefined;
  /** See `LegacyTracer`. */
  readonly legacyCollector?: string | undefined;
  /** Told of every latency sample. */
  readonly onSample?: SampleListener;
  readonly faults: FaultShares;
  readonly seed: number;
  readonly series: readonly Series[];
}

/** What filters take to decide after the end of a run, with the services' default settings and some to spare. */
export const filterPatienceMs = 600_000;
/** Between two looks at how many measurements are filtered; when nothing is added in between, all of them are. */
const filterPollMs = 3_000;
/** A run that ends longer than this before its filters are due was interrupted. */
const endedEarlyMs = 15_000;
/** A rollout over a fleet takes a minute or so; whoever is to fall silent within this is not in it. */
const rolloutMs = 180_000;
/** How long what devices have decided may take to be heard. */
const updatesDrainMs = 20_000;

/** A fleet of devices: registered through the public API, run, drained, and proven. */
export class Fleet {
  readonly ledger = new Ledger();
  readonly #gateway: GatewayClient;
  readonly #registry: OperatorClient;
  readonly #telemetry: OperatorClient;
  readonly #probe: LatencyProbe;
  readonly #watch: AlarmWatch | undefined;
  readonly #rollout: DemoRollout | undefined;
  readonly #legacy: LegacyTracer | undefined;
  #example: DeviceAccount | undefined;
  #secrets: string[] = [];
  #devices: SimulatedDevice[] = [];
  readonly #kinds = new Map<string, DeviceKind>();
  #filters: FilterPlan | undefined;
  #filteredBefore = 0;
  #acceptedUnstored = 0;
  #startedAtMs = 0;

  constructor(private readonly settings: FleetSettings) {
    if ((settings.legacyShare ?? 0) > 0) this.#legacy = new LegacyTracer(settings.legacyCollector);
    this.#gateway = new GatewayClient(settings.gatewayUrl, Math.min(64, Math.max(1, settings.devices)), this.#legacy);
    this.#registry = new OperatorClient(settings.registryUrl, settings.token);
    this.#telemetry = new OperatorClient(settings.telemetryUrl, settings.token);
    const { alertingUrl, firmwareUrl, reportSize = 1 } = settings;
    const { rolloutScenario: scenario = 'rollout', updateFaults: updates = noUpdateFaults } = settings;
    if (firmwareUrl !== undefined) {
      this.#rollout = new DemoRollout({ ...settings, firmwareUrl, scenario, faults: updates });
    }
    if (alertingUrl !== undefined) this.#watch = new AlarmWatch({ ...settings, alertingUrl, reportSize });
    this.#probe = new LatencyProbe((measurement) => isQueryable(this.#telemetry, measurement), {
      everyMs: 100,
      pollMs: 10,
      giveUpMs: 30_000,
      onSample: settings.onSample,
    });
  }

  async register(): Promise<void> {
    const { settings } = this;
    const { evaluateOnlyShare = 0, filteredShare = 0, legacyShare = 0, encodings = 'json' } = settings;
    const shares = { evaluateOnlyShare, filteredShare, legacyShare };
    const identity = {
      ...{ ...settings, ...shares, encodings, expectedReportIntervalMs: settings.intervalMs },
      metered: this.#watch !== undefined,
      siteOf: (nth: number) => this.#watch?.siteOf(nth),
      labelsOf: (nth: number) => this.#rollout?.labelsOf(nth) ?? {},
    };
    const profile = this.#planRollout(identity);
    await ensureTenant(this.#registry, settings.tenant);
    await this.#watch?.prepare(this.#registry);
    await ensureProfiles(this.#registry, settings.series, identity);
    const accounts = await registerDevices(this.#registry, settings.series, {
      ...identity,
      devices: settings.devices + 1,
    });
    await untilKnown(this.#gateway, accounts, 30_000);
    this.#secrets = accounts.map(({ authorization }) => secretOf(authorization));
    this.#example = accounts.pop();
    for (const { device, kind } of accounts) this.#kinds.set(device, kind);
    await this.#planFilters(identity);
    const random = new Random(settings.seed);
    this.#devices = accounts.map((account, i) => this.#simulated(account, i, random.fork()));
    await this.#rollout?.begin(profile, accounts);
  }

  /** Firmware is of a profile: that of the first device. @returns the profile */
  #planRollout(identity: FleetIdentity): string {
    const { series, devices } = this.settings;
    const profile = profileOfDevice(0, series, identity);
    const isTarget = (nth: number): boolean =>
      profileOfDevice(nth, series, identity) === profile && !this.#watch?.fallsSilentWithin(nth, rolloutMs);
    this.#rollout?.plan(Array.from({ length: devices }, (_, nth) => nth).filter(isTarget));
    return profile;
  }

  async #planFilters(identity: FleetIdentity): Promise<void> {
    if (identity.filteredShare === 0) return;
    this.#filteredBefore = (await this.statistics()).filtered;
    this.#filters = filterPlan(Date.now(), this.settings.forMs);
    await putLateness(this.#registry, this.settings.series, identity, this.#filters.latenessMs);
  }

  #simulated(account: DeviceAccount, nth: number, random: Random): SimulatedDevice {
    const { settings } = this;
    const series = settings.series[nth % settings.series.length] as Series;
    const device = {
      ...{ account, series, incidents: this.#watch?.incidentsOf(nth, series) },
      intervalMs: settings.intervalMs,
      behindMs: account.kind === 'filtered' ? (this.#filters?.behindMs ?? 0) : 0,
      reportSize: settings.reportSize ?? 1,
      faults: settings.faults,
      maxBatch: 100,
    };
    return new SimulatedDevice(device, this.#gateway, this.ledger, random, (log, seq, sentAtMs) => {
      if (account.kind !== 'evaluated') this.#probe.offer(() => log.measurement(seq), sentAtMs);
      else this.#acceptedUnstored += 1;
    });
  }

  get tenant(): string {
    return this.settings.tenant;
  }

  /** A device beside the fleet, for a user to try requests with. Undefined before {@link register}. */
  get exampleDevice(): DeviceAccount | undefined {
    return this.#example;
  }

  /** The devices' secrets, as they would stand in a log. */
  get secrets(): readonly string[] {
    return this.#secrets;
  }

  start(): void {
    this.#startedAtMs = Date.now();
    this.#watch?.start(this.#startedAtMs);
    for (const device of this.#devices) device.start();
    this.#rollout?.start();
  }

  /** Stops measuring and waits until everything queued was acknowledged. False when the deadline came first. */
  async drain(deadlineMs: number): Promise<boolean> {
    this.#watch?.stop(Date.now());
    const [, ...drained] = await Promise.all([
      // What was not told shows as a disagreement.
      this.#rollout?.drain(Math.min(deadlineMs, updatesDrainMs)),
      ...this.#devices.map((device) => device.drain(deadlineMs)),
    ]);
    return drained.every(Boolean);
  }

  /**
   * Waits until what the filtered devices measured is decided: nothing to wait for without any, and when the run ended
   * before its time. False when the deadline came first.
   */
  async filtered(deadlineMs: number): Promise<boolean> {
    const lateFromMs = this.#filters?.lateFromMs;
    if (lateFromMs === undefined || Date.now() < lateFromMs - endedEarlyMs) return true;
    const end = Date.now() + deadlineMs;
    for (let before = this.#filteredBefore; Date.now() < end;) {
      await delay(filterPollMs);
      const { filtered } = await this.statistics();
      if (filtered > this.#filteredBefore && filtered === before) return true;
      before = filtered;
    }
    return false;
  }

  /**
   * Reads back everything through the query API; what is not complete is read again.
   *
   * @param deadlineMs how long, from when all was read once, what is acknowledged may take to be visible
   */
  async proof(deadlineMs: number): Promise<FleetReport> {
    const { ledger } = this;
    await this.#probe.settle();
    const result = await this.#prove(deadlineMs);
    return {
      accepted: ledger.accepted,
      stored: result.stored,
      duplicatesSent: ledger.duplicatesSent,
      duplicatesCounted: result.duplicatesCounted,
      evaluateOnly: result.evaluateOnly,
      acceptedUnstored: this.#acceptedUnstored,
      filtered: result.filtered,
      conflicts: await this.#conflicts(),
      refused: ledger.refused,
      unanswered: ledger.unanswered,
      answers: Object.fromEntries(ledger.answers),
      lost: result.counts.lost,
      doubled: result.counts.doubled,
      altered: result.counts.altered,
      invented: result.counts.invented,
      miscounted: result.counts.miscounted,
      p50Ms: this.#probe.quantileMs(0.5) ?? null,
      p99Ms: this.#probe.quantileMs(0.99) ?? null,
      latencySamples: this.#probe.samples,
      findings: result.findings,
      ...(await this.#watch?.figures((nth) => this.#devices[nth]?.clockErrorMs ?? 0, deadlineMs)),
      ...(await this.#rollout?.figures()),
    };
  }

  /** The rollout's id at the firmware service; undefined without one. */
  get rollout(): string | undefined {
    return this.#rollout?.rollout;
  }

  /** How the rollout stands; undefined without one. */
  async rolloutStanding(): Promise<RolloutStanding | undefined> {
    return this.#rollout?.standing();
  }

  /** After so long every device has asked whether it is to be updated, in milliseconds. */
  get rolloutPollMs(): number {
    return this.#rollout?.pollMs ?? 0;
  }

  /** How many alarms of the tenant are active; undefined when alarms are not watched. */
  async activeAlarms(): Promise<number | undefined> {
    return this.#watch?.active();
  }

  /** Counters of the store for this tenant. */
  async statistics(): Promise<StoreStatistics> {
    const response = await this.#telemetry.expect([200], 'GET', '/v1/statistics');
    return (JSON.parse(response.text) as { readonly tenant: StoreStatistics }).tenant;
  }

  async close(): Promise<void> {
    const clients = [this.#gateway, this.#registry, this.#telemetry];
    const parts = [this.#watch, this.#rollout, this.#legacy];
    await Promise.all([...clients, ...parts].map(async (part) => part?.close()));
  }

  async #prove(deadlineMs: number): Promise<ProofResult> {
    const fromMs = this.#startedAtMs - 600_000 - (this.#filters?.behindMs ?? 0);
    let someFiltered = (await this.statistics()).filtered > 0;
    const counted: CountedDevices = {
      isEvaluateOnly: (device) => this.#kinds.get(device) === 'evaluated',
      isFiltered: (device) => this.#kinds.get(device) === 'filtered',
      evaluated: async (device) => (await this.#statisticsOf(device))?.evaluateOnly ?? 0,
      filtered: async (device) => (someFiltered ? ((await this.#statisticsOf(device))?.filtered ?? 0) : 0),
    };
    const read = (device: string) => readStored(this.#telemetry, device, fromMs, Date.now() + 600_000);
    return prove(this.ledger, read, counted, {
      deadlineMs,
      // Reading much takes long itself; the store shall get to work in between.
      pause: async (spentMs) => {
        await delay(Math.min(Math.max(500, 2 * spentMs), 10_000));
        someFiltered = (await this.statistics()).filtered > 0;
      },
    });
  }

  async #statisticsOf(device: string): Promise<StoreStatistics | undefined> {
    const response = await this.#telemetry.expect([200], 'GET', `/v1/statistics?device=${encodeURIComponent(device)}`);
    const { devices } = JSON.parse(response.text) as { readonly devices: readonly StoreStatistics[] };
    return devices[0];
  }

  async #conflicts(): Promise<number> {
    return (await this.statistics()).conflicts;
  }
}

/** The secret of a Basic or Bearer header. */
function secretOf(authorization: string): string {
  const [scheme, credentials = ''] = authorization.split(' ');
  const text = scheme === 'Basic' ? Buffer.from(credentials, 'base64').toString() : credentials;
  return text.slice(Math.max(text.lastIndexOf(':'), text.lastIndexOf('.')) + 1);
}

export interface StoreStatistics {
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly expired: number;
  readonly evaluateOnly: number;
  readonly filtered: number;
}
