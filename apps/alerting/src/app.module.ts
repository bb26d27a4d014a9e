import { Module, type Type } from '@nestjs/common';
import { Alerting } from './alerting.js';
import { AlarmStore } from './alarms/alarm-store.js';
import { DryRunController } from './features/dry-run-rule/dry-run.controller.js';
import { EvaluateRulesConsumer } from './features/evaluate-rules/evaluate-rules.consumer.js';
import { EvaluateRulesHandler } from './features/evaluate-rules/evaluate-rules.handler.js';
import { HandleAlarmController } from './features/handle-alarm/handle-alarm.controller.js';
import { RulesController } from './features/manage-rules/rules.controller.js';
import { ReadAlarmsController } from './features/read-alarms/read-alarms.controller.js';

/** The table of contents: every use case that answers over HTTP, and the one that consumes. */
const controllers = [
  RulesController,
  DryRunController,
  ReadAlarmsController,
  HandleAlarmController,
  EvaluateRulesConsumer,
];

export interface AppParts {
  readonly alerting: Alerting;
  readonly alarms: AlarmStore;
  readonly evaluation: EvaluateRulesHandler;
}

export function appModule({ alerting, alarms, evaluation }: AppParts): Type {
  @Module({
    controllers,
    providers: [
      { provide: Alerting, useValue: alerting },
      { provide: AlarmStore, useValue: alarms },
      { provide: EvaluateRulesHandler, useValue: evaluation },
    ],
  })
  class AlertingModule {}
  return AlertingModule;
}
