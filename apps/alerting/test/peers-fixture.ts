import { type DatabaseFixture } from '@myelin/testing';
import { systemClock } from '@myelin/kernel';
import type { ReceivedRecord } from '@myelin/messaging';
import { type Logger, silentLogger } from '@myelin/observability';
import { Alerting } from '../src/alerting.js';
import { AlarmStore } from '../src/alarms/alarm-store.js';
import { applyFound } from '../src/alarms/apply-found.js';
import { ConcernedDevices } from '../src/alarms/count-concerned.js';
import { Fleet } from '../src/domain/fleet/fleet.js';
import type { Rule } from '../src/domain/rules/rule.js';
import { EvaluateRulesHandler } from '../src/features/evaluate-rules/evaluate-rules.handler.js';
import { JudgePeers } from '../src/features/judge-peers/judge-peers.js';
import { insertRule } from '../src/persistence/rules.repository.js';
import { aBatch, aReport, aTick, asTheRunner, telemetryTopic } from './telemetry-records.js';

export const everyMs = 60_000;

export function aPeerRule(changes: Partial<Rule> = {}): Rule {
  return {
    ...{ id: 'unlike', version: 1, scope: {}, severity: 'minor', storm: { share: 1 } },
    when: { metric: 't', op: 'anomaly', model: { type: 'peer-group', params: { everyMs, minPeers: 3 } } },
    ...changes,
  };
}

export interface ShownAlarm {
  readonly device: string;
  readonly startedMs: number;
  readonly raisedMs: number;
  readonly clearedMs: number | null;
}

let fleets = 0;

/** Devices of one tenant whose records are in two partitions, each read by a process that may begin anew at any time. */
export class ComparedDevices {
  readonly tenant = `tenant-${(fleets += 1)}`;
  readonly logs: readonly ReceivedRecord[][] = [[], []];
  readonly judges: readonly JudgePeers[];
  private readonly fleet = new Fleet(() => ({ offsetMsAt: () => 0 }));
  private readonly alerting: Alerting;
  private readonly alarms = new AlarmStore(systemClock);
  private readonly partitions = [2 * fleets, 2 * fleets + 1];
  private readonly handlers: EvaluateRulesHandler[] = [];
  private readonly delivered = [0, 0];
  private failing: 'once' | 'always' | undefined;

  constructor(
    private readonly database: DatabaseFixture,
    private readonly rule: Rule,
    private readonly options: { profileOf?: (device: number) => string; logger?: Logger | undefined } = {},
  ) {
    this.alerting = new Alerting(database.dataSource, systemClock, { rulesPerTenant: 10 });
    const parts = {
      alerting: this.alerting,
      alarms: this.alarms,
      fleet: this.fleet,
      logger: options.logger ?? silentLogger,
    };
    this.judges = [1, 2].map(() => new JudgePeers({ ...parts, concerned: new ConcernedDevices(this.fleet) }));
  }

  async begin(devices: number): Promise<void> {
    const { id, version: _version, ...definition } = this.rule;
    const row = { tenant: this.tenant, rule: id, definition, updatedAt: new Date(), updatedBy: 'operator:ada' };
    await this.alerting.change((tx) => insertRule(tx, row));
    this.fleet.apply({ of: 'rule', tenant: this.tenant, id, to: this.rule });
    for (let device = 0; device < devices; device += 1) {
      const to = { profile: this.options.profileOf?.(device) ?? 'p', labels: {}, metadata: {} };
      this.fleet.apply({ of: 'device', key: this.keyOf(device), to });
    }
    for (const place of [0, 1]) await this.restart(place);
  }

  report(device: number, nowMs: number, readings: readonly object[]): void {
    this.write(device % 2, (of) => aReport({ ...of, timestampMs: nowMs }, this.keyOf(device), readings));
  }

  tick(atMs: number): void {
    for (const place of [0, 1]) this.write(place, (of) => aTick({ ...of, timestampMs: atMs }));
  }

  /** The next records of a partition are read. */
  async deliver(place: number, count: number): Promise<void> {
    const log = this.logs[place] as ReceivedRecord[];
    const from = this.delivered[place] as number;
    const records = log.slice(from, from + count);
    if (records.length === 0) return;
    this.delivered[place] = from + records.length;
    await asTheRunner(() => (this.handlers[place] as EvaluateRulesHandler).evaluate(aBatch(records)));
  }

  async deliverAll(): Promise<void> {
    for (const place of [0, 1]) await this.deliver(place, Number.POSITIVE_INFINITY);
  }

  /** Another process takes the partition over, with what is stored, and reads what came behind that once more. */
  async restart(place: number): Promise<void> {
    const partition = this.partitions[place] as number;
    const handler = this.aHandler();
    this.handlers[place] = handler;
    const from = (await handler.load(telemetryTopic, [partition])).get(partition) ?? 0n;
    const again = (this.logs[place] ?? []).slice(Number(from), this.delivered[place]);
    if (again.length > 0) await asTheRunner(() => handler.evaluate(aBatch(again)));
  }

  checkpoint(place: number): Promise<void> {
    return asTheRunner(() => (this.handlers[place] as EvaluateRulesHandler).store());
  }

  /** The next transaction of an evaluator is rolled back. */
  failOnce(): void {
    this.failing = 'once';
  }

  failAlways(): void {
    this.failing = 'always';
  }

  handlerOf(place: number): EvaluateRulesHandler {
    return this.handlers[place] as EvaluateRulesHandler;
  }

  async judge(count = 1): Promise<void> {
    await Promise.all(this.judges.slice(0, count).map((judge) => judge.step()));
  }

  async judgeAll(): Promise<void> {
    for (const judge of this.judges) while (await judge.step());
  }

  shown(): Promise<ShownAlarm[]> {
    const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;
    return this.database.dataSource.query<ShownAlarm[]>(
      `SELECT device, ${ms('started_at')} AS "startedMs", ${ms('raised_at')} AS "raisedMs",
              ${ms('cleared_at')} AS "clearedMs"
       FROM alarm WHERE tenant = $1 ORDER BY device, started_at`,
      [this.tenant],
    );
  }

  private keyOf(device: number): string {
    return `${this.tenant}/d${device}`;
  }

  private write(place: number, record: (of: { offset: number; partition: number }) => ReceivedRecord): void {
    const log = this.logs[place] as ReceivedRecord[];
    log.push(record({ offset: log.length, partition: this.partitions[place] as number }));
  }

  private aHandler(): EvaluateRulesHandler {
    const parts = { alarms: this.alarms, fleet: this.fleet, concerned: new ConcernedDevices(this.fleet) };
    return new EvaluateRulesHandler(this.database.dataSource, this.fleet, {
      checkpointEveryMs: Number.POSITIVE_INFINITY,
      apply: async (tx, found) => {
        const { failing } = this;
        if (failing === 'once') this.failing = undefined;
        if (failing !== undefined) await tx.query('SELECT 1 / 0');
        await applyFound(tx, parts, found);
        return () => undefined;
      },
      fleetIsKnown: () => Promise.resolve(),
      placing: () => Promise.resolve({ partitions: 2, partitionOf: () => -1 }),
    });
  }
}
