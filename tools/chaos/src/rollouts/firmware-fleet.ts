import {
  type DdiAccount,
  DdiDevice,
  FirmwareRecord,
  OperatorClient,
  type Random,
  type UpdateFaultShares,
} from '@myelin/fleet-simulator';
import type { ChaosSystem } from '../chaos-system.js';
import { Instructions } from './instructions.js';
import { WitnessClient } from './witness-client.js';

export const firmwareProfile = 'firmware-device';
export const factoryVersion = '1.0.0';
const factory = { version: factoryVersion, sha256: [] };
/** Of each update. Silence is for ever, so little of it is a lot in the end. */
const faults: UpdateFaultShares = { failure: 0.08, silence: 0.003, powerLoss: 0.15, brokenDownload: 0.1 };
const longestPollMs = 1_500;

/** Devices that ask for updates, and their own record of what they were told and what they run. */
export class FirmwareFleet {
  readonly record = new FirmwareRecord();
  readonly instructions = new Instructions();
  readonly #devices: readonly DdiDevice[];
  readonly #client: WitnessClient;

  private constructor(chaos: ChaosSystem, accounts: readonly DdiAccount[], random: Random) {
    const settings = { urls: chaos.urlsOf('firmware-rollout'), connections: 32, random: random.fork() };
    this.#client = new WitnessClient({ ...settings, repeated: 0.1, lost: 0.05 }, this.instructions);
    this.#devices = accounts.map((account, nth) => {
      const own = { account, factory, faults, longestPollMs, attributes: { serialNo: `SN-${nth}` } };
      return new DdiDevice(own, this.#client, this.record, random.fork());
    });
  }

  /** Registered devices of a tenant that is there. @throws SimulatorError */
  static async register(chaos: ChaosSystem, tenant: string, count: number, random: Random): Promise<FirmwareFleet> {
    const registry = new OperatorClient(chaos.system.url('device-registry'), () =>
      chaos.system.stack.operatorToken(tenant),
    );
    try {
      return new FirmwareFleet(chaos, await registered(registry, tenant, count), random);
    } finally {
      await registry.close();
    }
  }

  /** Those that can still be heard. */
  get names(): readonly string[] {
    return this.#devices.map((_, nth) => nameOf(nth)).filter((name) => !this.record.silent.has(name));
  }

  start(): void {
    for (const device of this.#devices) device.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.stop()));
    await this.#client.close();
  }
}

const nameOf = (nth: number): string => `fw-${nth}`;

interface Imported {
  readonly device?: string;
  readonly credential?: { readonly credentialId: string; readonly secret: string };
}

async function registered(registry: OperatorClient, tenant: string, count: number): Promise<DdiAccount[]> {
  await registry.expect([200, 201, 412, 428], 'PUT', `/v1/profiles/${firmwareProfile}`, {
    headers: { 'if-none-match': '*' },
    body: {
      ...{ expectedReportIntervalMs: 3_600_000, metrics: {}, unknownMetrics: 'refuse', metadata: {} },
      ...{ retentionClass: 'standard', autoActivate: true },
    },
  });
  const lines = Array.from({ length: count }, (_, nth) =>
    JSON.stringify({ device: nameOf(nth), profile: firmwareProfile, credential: true, labels: { fleet: 'firmware' } }),
  );
  const { text } = await registry.expect([200], 'POST', '/v1/device-imports', {
    text: `${lines.join('\n')}\n`,
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const imported = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Imported]));
  return imported.flatMap(({ device, credential }) => {
    if (device === undefined || credential === undefined) return [];
    return [{ tenant, device, authorization: `TargetToken ${credential.credentialId}.${credential.secret}` }];
  });
}
