import type { Logger } from '@myelin/observability';
import { BackgroundWork } from '@myelin/service-kit';
import type { Alerting } from './alerting.js';
import type { AlarmStore } from './alarms/alarm-store.js';
import type { AlertingConfig } from './config.js';
import { clearOutdatedAlarms } from './features/keep-alarms/clear-outdated-alarms.js';
import { forgetAlarms } from './features/keep-alarms/forget-alarms.js';
import { settleAlarms } from './features/keep-alarms/settle-alarms.js';

/** The use cases that run by themselves. Any number of processes may run them at once. */
export function backgroundWork(
  alerting: Alerting,
  alarms: AlarmStore,
  { alarmRetentionMs }: Pick<AlertingConfig, 'alarmRetentionMs'>,
  logger: Logger,
): readonly BackgroundWork[] {
  return [
    new BackgroundWork('clear-outdated-alarms', () => clearOutdatedAlarms(alerting, alarms), 1_000, logger),
    new BackgroundWork('settle-alarms', () => settleAlarms(alerting), 5_000, logger),
    new BackgroundWork('forget-alarms', () => forgetAlarms(alerting, alarmRetentionMs), 60_000, logger),
  ];
}
