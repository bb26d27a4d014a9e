import { Module, type Type } from '@nestjs/common';
import { Alerting } from './alerting.js';
import { AlarmStore } from './alarms/alarm-store.js';
import { Fleet } from './domain/fleet/fleet.js';
import { DryRunController } from './features/dry-run-rule/dry-run.controller.js';
import { EvaluateRulesConsumer } from './features/evaluate-rules/evaluate-rules.consumer.js';
import { EvaluateRulesHandler } from './features/evaluate-rules/evaluate-rules.handler.js';
import { HandleAlarmController } from './features/handle-alarm/handle-alarm.controller.js';
import { PolicyController } from './features/manage-policy/policy.controller.js';
import { RulesController } from './features/manage-rules/rules.controller.js';
import { SilencesController } from './features/manage-silences/silences.controller.js';
import { ReadAlarmsController } from './features/read-alarms/read-alarms.controller.js';
import { ReadNotificationsController } from './features/read-notifications/notifications.controller.js';
import { SendAgainController } from './features/send-again/send-again.controller.js';
import { ReceiverTests } from './features/test-receiver/receiver-tests.js';
import { TestReceiverController } from './features/test-receiver/test-receiver.controller.js';
import { NotificationSettings } from './notifications/notification-settings.js';
import type { Notifying } from './notifying.js';

/** The table of contents: every use case that answers over HTTP, and the one that consumes. */
const controllers = [
  RulesController,
  DryRunController,
  ReadAlarmsController,
  HandleAlarmController,
  PolicyController,
  TestReceiverController,
  SilencesController,
  ReadNotificationsController,
  SendAgainController,
  EvaluateRulesConsumer,
];

export interface AppParts {
  readonly alerting: Alerting;
  readonly alarms: AlarmStore;
  readonly fleet: Fleet;
  readonly evaluation: EvaluateRulesHandler;
  readonly notifying: Pick<Notifying, 'settings' | 'receiverTests'>;
}

export function appModule({ alerting, alarms, fleet, evaluation, notifying }: AppParts): Type {
  @Module({
    controllers,
    providers: [
      { provide: Alerting, useValue: alerting },
      { provide: AlarmStore, useValue: alarms },
      { provide: Fleet, useValue: fleet },
      { provide: EvaluateRulesHandler, useValue: evaluation },
      { provide: NotificationSettings, useValue: notifying.settings },
      { provide: ReceiverTests, useValue: notifying.receiverTests },
    ],
  })
  class AlertingModule {}
  return AlertingModule;
}
