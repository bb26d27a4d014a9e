import {
  type EventContract,
  type PayloadOf,
  deviceStateV1,
  installationStateV1,
  maintenanceWindowStateV1,
  profileStateV1,
  ruleStateV1,
  siteStateV1,
  tenantStateV1,
} from '@myelin/contracts';
import { type KafkaSettings, type MessagingLogger, type TableReader, createTableReader } from '@myelin/messaging';
import type { Installation, MaintenanceWindow } from '../domain/evaluation/expected-silence.js';
import type { FleetChange, FleetDevice } from '../domain/fleet/fleet.js';
import { parseRule } from '../domain/rules/parse-rule.js';
import type { Rule } from '../domain/rules/rule.js';

/** The tables of devices, of what they share, of when they may be silent, and of rules, followed in memory. */
export class FleetTables {
  private readonly readers: readonly TableReader[];
  private readonly beginning: Promise<void>;
  private settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  /** @param onChange called in the order of each key; never before `start` */
  constructor(
    private readonly settings: KafkaSettings,
    private readonly logger: MessagingLogger,
    private readonly onChange: (change: FleetChange) => void,
  ) {
    this.readers = [
      this.reader(deviceStateV1, (key, state) => ({ of: 'device', key, to: deviceOf(state) })),
      this.reader(profileStateV1, (key, state) => ({ of: 'profile', key, to: state ?? undefined })),
      this.reader(siteStateV1, (key, state) => ({ of: 'site', key, to: state ?? undefined })),
      this.reader(tenantStateV1, (key, state) => {
        const to = state === null ? undefined : { timeZone: state.timeZone, metadata: {} };
        return { of: 'tenant', key, to };
      }),
      this.reader(maintenanceWindowStateV1, (key, state) => {
        return { of: 'window', key, to: state === null ? undefined : windowOf(state) };
      }),
      this.reader(installationStateV1, (key, state) => {
        return { of: 'installation', key, to: state === null ? undefined : installationOf(state) };
      }),
      this.reader(ruleStateV1, (key, state) => {
        const [tenant = '', id = ''] = key.split('/');
        return { of: 'rule', tenant, id, to: state === null ? undefined : this.ruleOf(state) };
      }),
    ];
    this.beginning = new Promise<void>((resolve, reject) => (this.settle = { resolve, reject }));
    this.beginning.catch(() => undefined);
  }

  /** Returns at once; Kafka may come later. */
  start(): void {
    Promise.all(this.readers.map((reader) => reader.start())).then(
      () => this.settle?.resolve(),
      (error: unknown) => this.settle?.reject(error as Error),
    );
  }

  get caughtUp(): boolean {
    return this.readers.every((reader) => reader.caughtUp);
  }

  /** Resolves when everything that was there at the start has been told. */
  async known(): Promise<void> {
    await this.beginning;
  }

  async close(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.close()));
  }

  /** Undefined for what this version cannot read: a rule of a later one, which concerns nobody until then. */
  private ruleOf({ tenant, rule: id, version, definition }: PayloadOf<typeof ruleStateV1>): Rule | undefined {
    const parsed = parseRule(definition);
    if (parsed.ok) return { id, version, ...parsed.value };
    const [first] = parsed.problems;
    this.logger.error({ tenant, rule: id, version, ...first }, 'a rule cannot be read, and concerns no device');
    return undefined;
  }

  private reader<Payload>(
    contract: EventContract<Payload>,
    changeOf: (key: string, state: Payload | null) => FleetChange,
  ): TableReader {
    const onRecord = (key: string, state: Payload | null): void => this.onChange(changeOf(key, state));
    return createTableReader(this.settings, { contract, onRecord }, this.logger);
  }
}

/** Those that may not report any more are as if they were not there: nobody is to be told that they are silent. */
function deviceOf(state: PayloadOf<typeof deviceStateV1> | null): FleetDevice | undefined {
  if (state?.lifecycle !== 'active') return undefined;
  const { profile, site, labels, metadata } = state;
  return { profile, ...(site === undefined ? {} : { site }), labels, metadata };
}

function windowOf({ scope, from, until }: PayloadOf<typeof maintenanceWindowStateV1>): MaintenanceWindow {
  return { scope, fromMs: Date.parse(from), untilMs: Date.parse(until) };
}

function installationOf(state: PayloadOf<typeof installationStateV1>): Installation {
  const { startedAt, expectedUntil, endedAt } = state;
  return {
    ...{ startedMs: Date.parse(startedAt), expectedUntilMs: Date.parse(expectedUntil) },
    ...(endedAt === undefined ? {} : { endedMs: Date.parse(endedAt) }),
  };
}
