import type { KafkaSettings } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { BackgroundWork, type Step } from '@myelin/service-kit';
import type { Alerting } from './alerting.js';
import type { AlarmStore } from './alarms/alarm-store.js';
import type { ConcernedDevices } from './alarms/count-concerned.js';
import type { AlertingConfig } from './config.js';
import type { Fleet } from './domain/fleet/fleet.js';
import type { EvaluateRulesHandler } from './features/evaluate-rules/evaluate-rules.handler.js';
import { countAlarms } from './features/count-alarms/count-alarms.js';
import { JudgePeers } from './features/judge-peers/judge-peers.js';
import { clearOutdatedAlarms } from './features/keep-alarms/clear-outdated-alarms.js';
import { clearUnconcernedAlarms } from './features/keep-alarms/clear-unconcerned-alarms.js';
import { forgetAlarms } from './features/keep-alarms/forget-alarms.js';
import { endStorms, placeAlarms } from './features/keep-alarms/keep-storms.js';
import { settleAlarms } from './features/keep-alarms/settle-alarms.js';
import { FleetTables } from './fleet/fleet-tables.js';
import { FollowingFleet } from './fleet/following-fleet.js';

const clearOutdatedEveryMs = 1_000;
const settleEveryMs = 5_000;
const endStormsEveryMs = 2_000;
/** Receivers wait for longer (`group_wait`) before they hear of an alarm. */
const placeAlarmsEveryMs = 1_000;
const judgePeersEveryMs = 1_000;
/** As often, active alarms are held against the fleet although no device has changed: another process may have died at it. */
const unconcernedDueMs = 60_000;

export interface BackgroundParts {
  readonly alerting: Alerting;
  readonly alarms: AlarmStore;
  readonly fleet: Fleet;
  readonly concerned: ConcernedDevices;
  readonly evaluation: EvaluateRulesHandler;
  readonly kafka: KafkaSettings;
  readonly logger: Logger;
}

export interface Background {
  /** Resolves when rules and devices are known. */
  readonly fleetIsKnown: () => Promise<void>;
  start(): void;
  /** Ends after the steps under way. */
  close(): Promise<void>;
}

/** What goes on by itself beside evaluating and answering. Any number of processes may run it at once. */
export function createBackground(config: AlertingConfig, parts: BackgroundParts): Background {
  const { alerting, alarms, fleet, evaluation, kafka, logger } = parts;
  const judging = new JudgePeers(parts);
  const unconcerned = new Due(unconcernedDueMs);
  const changes = new FollowingFleet(async (lot) => {
    await evaluation.follow(lot);
    if (lot.some((change) => change.of === 'device')) unconcerned.make();
  });
  const tables = new FleetTables(kafka, logger, (change) => changes.add(change));
  const work = (name: string, step: Step, pauseMs: number): BackgroundWork =>
    new BackgroundWork(name, step, pauseMs, logger);
  const follow = async (): Promise<void> => {
    while (await changes.step());
  };
  /** A device that is told of and not followed yet would be taken for none. */
  const isFollowed = async (): Promise<boolean> => {
    if (tables.caughtUp) await follow();
    return tables.caughtUp;
  };
  const clearUnconcerned = async (): Promise<boolean> => {
    if (await isFollowed()) await unconcerned.whenDue(() => clearUnconcernedAlarms(alerting, alarms, fleet));
    return false;
  };
  const judgePeers = async (): Promise<boolean> => (await isFollowed()) && judging.step();
  const works = [
    work('follow-fleet', () => changes.step(), config.followMs),
    work('clear-outdated-alarms', () => clearOutdatedAlarms(alerting, alarms), clearOutdatedEveryMs),
    work('settle-alarms', () => settleAlarms(alerting), settleEveryMs),
    work('end-storms', () => endStorms(alerting, alarms).then(() => false), endStormsEveryMs),
    work('place-alarms', () => placeAlarms(alerting, alarms), placeAlarmsEveryMs),
    work('judge-peers', judgePeers, judgePeersEveryMs),
    work('clear-unconcerned-alarms', clearUnconcerned, config.unconcernedMs),
    work('forget-alarms', () => forgetAlarms(alerting, config.alarmRetentionMs), config.housekeepingMs),
  ];
  let uncount: () => void = () => undefined;
  return {
    fleetIsKnown: async () => {
      await tables.known();
      await follow();
    },
    start: () => {
      tables.start();
      uncount = countAlarms(alerting);
      for (const one of works) one.start();
    },
    close: async () => {
      uncount();
      await Promise.all([tables.close(), ...works.map((one) => one.stop())]);
    },
  };
}

/** Something that is to be done when it was asked for, and from time to time. */
class Due {
  private atMs = 0;

  constructor(private readonly everyMs: number) {}

  make(): void {
    this.atMs = 0;
  }

  /** What fails stays due. */
  async whenDue(work: () => Promise<void>): Promise<void> {
    if (performance.now() < this.atMs) return;
    this.atMs = performance.now() + this.everyMs;
    try {
      await work();
    } catch (error) {
      this.atMs = 0;
      throw error;
    }
  }
}
