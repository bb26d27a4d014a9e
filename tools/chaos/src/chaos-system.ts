import { Fleet, type FleetSettings, defaultFaults, loadSeries, shippedDataFolder } from '@myelin/fleet-simulator';
import { uuidv7 } from '@myelin/kernel';
import { type Kafka, type Postgres, type Progress, SupervisedRun, TcpProxy } from '@myelin/local-stack';
import { type ServiceName, type System, type SystemOptions, startSystem } from '@myelin/main-job';
import { HostClocks } from './host-clocks.js';

export interface ChaosSystemOptions {
  readonly kafkaNodes: 1 | 3;
  /** PostgreSQL's data lies on a volume of this size; undefined = an ordinary directory. */
  readonly volumeBytes?: number | undefined;
  /** Processes; none by default. */
  readonly alertingInstances?: number;
  /** Processes; none by default. */
  readonly firmwareInstances?: number;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** An end of a service that nobody asked for in an orderly way. */
export interface Exit {
  readonly instance: string;
  /** The signal or the exit code. */
  readonly how: string;
}

/** What is away. */
export interface Startable {
  start(): Promise<unknown>;
}

export interface Proxies {
  /** Between the services and the only broker; undefined with several. */
  readonly kafka: TcpProxy | undefined;
  readonly database: TcpProxy;
  /** Between the devices and the gateway. */
  readonly gateway: TcpProxy;
}

const maxConnections = 60;

/** The whole system, set up so that it can be damaged: two telemetry instances, proxies, clocks that can be set. */
export class ChaosSystem {
  readonly exits: Exit[] = [];
  /** Signals that ended a service because we sent them. */
  kills = 0;

  private constructor(
    private readonly running: { system?: System },
    readonly proxies: Proxies,
    readonly clocks: HostClocks,
    private readonly run: SupervisedRun,
  ) {}

  /** @throws MainJobError, LocalStackError; nothing is left running then */
  static async start(options: ChaosSystemOptions): Promise<ChaosSystem> {
    const run = await SupervisedRun.open();
    const proxies: Proxies = {
      kafka: options.kafkaNodes === 1 ? await TcpProxy.listen() : undefined,
      database: await TcpProxy.listen(),
      gateway: await TcpProxy.listen(),
    };
    const chaos = new ChaosSystem({}, proxies, new HostClocks(run.temporaryDirectory('clocks')), run);
    try {
      chaos.running.system = await startSystem(chaos.#systemOptions(options));
      proxies.gateway.forwardTo(Number(new URL(chaos.system.url('ingest-gateway')).port));
      return chaos;
    } catch (error) {
      await chaos.stop();
      throw error;
    }
  }

  get system(): System {
    return this.running.system as System;
  }

  get kafka(): Kafka {
    return this.system.stack.parts.kafka as Kafka;
  }

  get postgres(): Postgres {
    return this.system.stack.parts.postgres as Postgres;
  }

  /** Names of the services' processes. */
  get instances(): string[] {
    return [...this.system.services.keys()];
  }

  /** A registered fleet of a tenant of its own, which reports through the proxy. */
  async newFleet(settings: Pick<FleetSettings, 'devices' | 'intervalMs' | 'seed' | 'onSample'>): Promise<Fleet> {
    const tenant = `t-${uuidv7().slice(-8)}`;
    const fleet = new Fleet({
      gatewayUrl: `http://${this.proxies.gateway.address}`,
      registryUrl: this.system.url('device-registry'),
      telemetryUrl: this.system.url('telemetry'),
      token: () => this.system.stack.operatorToken(tenant),
      tenant,
      prefix: 'dev',
      faults: { ...defaultFaults, duplicates: 0.02, lostAcknowledgements: 0.02, clockSkewMs: 2_000 },
      series: await loadSeries(shippedDataFolder),
      ...settings,
    });
    await fleet.register();
    return fleet;
  }

  /** SIGKILL; the service is started again by its supervisor. False when it was not running. */
  killService(instance: string): boolean {
    const killed = this.system.services.get(instance)?.kill('SIGKILL') === true;
    if (killed) this.kills += 1;
    return killed;
  }

  instancesOf(service: ServiceName): string[] {
    return this.instances.filter((name) => name === service || name.startsWith(`${service}-`));
  }

  /** Of every process of the service. */
  urlsOf(service: ServiceName): string[] {
    return this.instancesOf(service).flatMap((name) => this.system.services.get(name)?.url ?? []);
  }

  /** Every process of the service ends in order, and stays away until it is started. */
  async stopService(service: ServiceName): Promise<Startable> {
    const processes = this.instancesOf(service).flatMap((name) => this.system.services.get(name) ?? []);
    await Promise.all(processes.map((process) => process.stop(15_000)));
    return { start: () => Promise.all(processes.map((process) => process.start())) };
  }

  async stop(): Promise<void> {
    await this.running.system?.stop();
    const { kafka, database, gateway } = this.proxies;
    await Promise.all([kafka?.close(), database.close(), gateway.close()]);
    await this.run.close();
  }

  #systemOptions({
    kafkaNodes,
    volumeBytes,
    alertingInstances = 0,
    firmwareInstances = 0,
    progress,
    signal,
  }: ChaosSystemOptions): SystemOptions {
    const { kafka, database } = this.proxies;
    const names: readonly ServiceName[] = [
      ...(['device-registry', 'ingest-gateway', 'telemetry', 'alerting', 'firmware-rollout'] as const),
    ];
    const clocks = Object.fromEntries(names.map((name) => [name, this.clocks.env(name)]));
    return {
      ...{ freePorts: true, progress, env: process.env },
      instances: { telemetry: 2, alerting: alertingInstances, 'firmware-rollout': firmwareInstances },
      proxies: { database, ...(kafka === undefined ? {} : { kafka }) },
      serviceEnv: clocks,
      servers: {
        kafkaNodes,
        ...(volumeBytes === undefined ? {} : { postgresVolumeBytes: volumeBytes }),
        postgresSettings: {
          max_connections: String(maxConnections),
          // Leaves most of a small volume to data.
          ...(volumeBytes === undefined ? {} : { max_wal_size: '64MB', min_wal_size: '32MB', shared_buffers: '32MB' }),
        },
      },
      onUnexpectedExit: (instance, how) => void this.exits.push({ instance, how }),
      ...(signal === undefined ? {} : { signal }),
    };
  }
}
