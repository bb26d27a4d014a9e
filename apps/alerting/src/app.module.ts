import { Module, type Type } from '@nestjs/common';
import { Alerting } from './alerting.js';
import { DryRunController } from './features/dry-run-rule/dry-run.controller.js';
import { RulesController } from './features/manage-rules/rules.controller.js';

/** The table of contents: every use case that answers over HTTP. */
const controllers = [RulesController, DryRunController];

export function appModule(alerting: Alerting): Type {
  @Module({ controllers, providers: [{ provide: Alerting, useValue: alerting }] })
  class AlertingModule {}
  return AlertingModule;
}
