import { Module, type Type } from '@nestjs/common';
import { Alerting } from './alerting.js';
import { AlarmStore } from './alarms/alarm-store.js';
import { DryRunController } from './features/dry-run-rule/dry-run.controller.js';
import { HandleAlarmController } from './features/handle-alarm/handle-alarm.controller.js';
import { RulesController } from './features/manage-rules/rules.controller.js';
import { ReadAlarmsController } from './features/read-alarms/read-alarms.controller.js';

/** The table of contents: every use case that answers over HTTP. Those that run by themselves: `background.ts`. */
const controllers = [RulesController, DryRunController, ReadAlarmsController, HandleAlarmController];

export function appModule(alerting: Alerting, alarms: AlarmStore): Type {
  @Module({
    controllers,
    providers: [
      { provide: Alerting, useValue: alerting },
      { provide: AlarmStore, useValue: alarms },
    ],
  })
  class AlertingModule {}
  return AlertingModule;
}
