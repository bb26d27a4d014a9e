import { DdiClient } from '../ddi/ddi-client.js';
import { DdiDevice } from '../ddi/ddi-device.js';
import { FirmwareRecord } from '../ddi/firmware-record.js';
import { noUpdateFaults, type UpdateFaultShares } from '../ddi/update-faults.js';
import type { DeviceAccount } from '../gateway-client.js';
import { OperatorClient, type TokenSource } from '../operator-client.js';
import { Random } from '../random.js';
import { FirmwareOperator } from './firmware-operator.js';
import { type PlannedUpdate, type Ring, type RolloutScenario, pausingFailures, planRollout } from './rollout-plan.js';
import { type RolloutStanding, type ShownRolloutState, standingOf } from './rollout-standing.js';

export interface DemoRolloutSettings {
  readonly firmwareUrl: string;
  readonly token: TokenSource;
  readonly tenant: string;
  /** Of the devices' names; the release and the rollout are called by it. */
  readonly prefix: string;
  readonly scenario: RolloutScenario;
  readonly faults: UpdateFaultShares;
  readonly seed: number;
}

/** What became of the firmware of a fleet. */
export interface RolloutFigures {
  readonly rolloutState: ShownRolloutState;
  readonly devicesUpdated: number;
  readonly devicesFailed: number;
  /**
   * Of which the service believes something else than what they run by their own account, or that did the same twice. Silent ones are
   * left out: nobody can know.
   */
  readonly devicesDisagreeing: number;
  /** That were shown an instruction and are in no canary, by their own account; only where the firmware fails. */
  readonly devicesOutsideCanaryTouched?: number;
}

const factory = { version: '1.0.0', sha256: [] };
/**
 * The devices' own choice: the service never says less than 30 s, and a rollout over a terminal shall not take half an hour. No more than
 * a hundred ask per second, up to a thousand devices.
 */
const poll = { leastMs: 1_000, perDeviceMs: 10, mostMs: 10_000 };
const mostConnections = 16;
/** Whoever falls silent holds its wave up for two of them; where a machine is busy with its start, nothing else may take so long. */
const timeoutMs = 20_000;
/** Far from what the default faults come to, those included whose time is up on a busy machine, and from a firmware that fails everywhere. */
const shares = { succeeded: 0.5, failed: 0.5 };
const soakMs = 2_000;
const knownWithinMs = 30_000;

/** A demonstration of a rollout: a signed release in three waves to devices that are update clients. */
export class DemoRollout {
  readonly #client: DdiClient;
  readonly #operator: FirmwareOperator;
  readonly #record = new FirmwareRecord();
  readonly #version: string;
  #plan: ReadonlyMap<number, PlannedUpdate> = new Map();
  #devices: readonly DdiDevice[] = [];
  #pollMs = poll.mostMs;
  /** By name. */
  readonly #ringOf = new Map<string, Ring>();

  constructor(private readonly settings: DemoRolloutSettings) {
    const { firmwareUrl: url, token } = settings;
    this.#client = new DdiClient({ url, connections: mostConnections });
    this.#operator = new FirmwareOperator(new OperatorClient(url, token));
    // Greater than that of any former run against the same service.
    this.#version = `2.0.${Math.floor(Date.now() / 1_000)}`;
  }

  /** To be called before devices are registered: their labels say in which wave they are. */
  plan(targets: readonly number[]): void {
    this.#plan = planRollout({ ...this.settings, targets });
  }

  labelsOf(nth: number): Readonly<Record<string, string>> {
    const planned = this.#plan.get(nth);
    return planned === undefined ? {} : { ring: planned.ring };
  }

  /** Its id, at the service; undefined when there are too few devices for one. */
  get rollout(): string | undefined {
    return this.#plan.size === 0 ? undefined : this.settings.prefix;
  }

  /** The longest that a device waits between two questions. */
  get pollMs(): number {
    return this.#pollMs;
  }

  /** Makes the release and starts the rollout. All devices are update clients, whether or not they are to be updated. */
  async begin(profile: string, accounts: readonly DeviceAccount[]): Promise<void> {
    const { tenant, seed, prefix } = this.settings;
    const random = new Random(seed);
    const longestPollMs = (this.#pollMs = pollMsOf(accounts.length));
    this.#devices = accounts.map(({ device, targetToken }, nth) => {
      const planned = this.#plan.get(nth);
      if (planned !== undefined) this.#ringOf.set(device, planned.ring);
      const account = { tenant, device, authorization: targetToken };
      const faults = planned?.faults ?? noUpdateFaults;
      const settings = { account, factory, faults, attributes: { serialNumber: device }, longestPollMs };
      return new DdiDevice(settings, this.#client, this.#record, random.fork());
    });
    if (this.#plan.size === 0) return;
    await this.#operator.release(profile, prefix, this.#version);
    await this.#operator.start(prefix, this.#definition(), this.#plan.size, knownWithinMs);
  }

  start(): void {
    for (const device of this.#devices) device.start();
  }

  /** No device begins anything new; whatever one has decided the service hears. False when the deadline came first. */
  async drain(deadlineMs: number): Promise<boolean> {
    const drained = await Promise.all(this.#devices.map((device) => device.drain(deadlineMs)));
    return drained.every(Boolean);
  }

  /** Undefined without a rollout. */
  async standing(): Promise<RolloutStanding | undefined> {
    const { rollout } = this;
    return rollout === undefined ? undefined : standingOf(await this.#operator.view(rollout));
  }

  /** To be called after {@link drain}. Undefined without a rollout. */
  async figures(): Promise<RolloutFigures | undefined> {
    const standing = await this.standing();
    if (standing === undefined) return undefined;
    const { state: rolloutState, updated: devicesUpdated, failed: devicesFailed } = standing;
    const disagreeing = new Set([
      ...this.#record.disagreeing(await this.#believed()),
      ...this.#record.contradictions.map(({ device }) => device),
    ]);
    return {
      ...{ rolloutState, devicesUpdated, devicesFailed, devicesDisagreeing: disagreeing.size },
      ...(this.settings.scenario === 'failing-firmware' && { devicesOutsideCanaryTouched: this.#outsideCanary() }),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#operator.close()]);
  }

  #outsideCanary(): number {
    return [...this.#record.touched].filter((device) => this.#ringOf.get(device) !== 'canary').length;
  }

  /** What the service has not seen installed is what came from the factory; undefined where it says that it does not know. */
  async #believed(): Promise<ReadonlyMap<string, string | undefined>> {
    const believed = new Map<string, string | undefined>(this.#devices.map(({ name }) => [name, factory.version]));
    for await (const { device, state } of this.#operator.assignments(this.settings.prefix)) {
      if (state === 'succeeded') believed.set(device, this.#version);
      // An action that is over may have been followed after all.
      if (state !== 'failed' && state !== 'cancelled') continue;
      const { runs, inDoubt } = await this.#operator.updateState(device);
      believed.set(device, inDoubt ? undefined : (runs?.version ?? factory.version));
    }
    return believed;
  }

  #definition(): object {
    const ring = (name: Ring): object => ({ kind: 'selector', selector: { labels: { ring: [name] } } });
    return {
      ...{ release: this.settings.prefix, mode: { kind: 'forced' }, timeoutMs },
      target: { labels: { fleet: [this.settings.prefix], ring: ['canary', 'early', 'rest'] } },
      waves: [ring('canary'), ring('early'), ring('rest')],
      advance: [
        { kind: 'success-share', atLeast: shares.succeeded },
        { kind: 'soak-time', ms: soakMs },
      ],
      pause: [
        {
          ...{ kind: 'failure-share', above: shares.failed, confidence: 0.9 },
          minimumFailures: pausingFailures(this.#plan),
        },
      ],
      speed: { kind: 'constant', perMinute: Math.max(600, 6 * this.#plan.size) },
    };
  }
}

function pollMsOf(devices: number): number {
  return Math.min(poll.mostMs, Math.max(poll.leastMs, poll.perDeviceMs * devices));
}
