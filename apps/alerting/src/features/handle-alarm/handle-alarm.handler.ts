import { type Operator, requireIfMatch, actorOf } from '@myelin/service-kit';
import type { Alerting } from '../../alerting.js';
import { ofRequest } from '../../alarms/alarm-spans.js';
import { type AlarmStore, saveChanges } from '../../alarms/alarm-store.js';
import { meaningOfRefusal } from '../../alarms/alarm.problems.js';
import { type Alarm, type AlarmCommand, handle } from '../../domain/alarms/alarm.js';
import { lockAlarm } from '../../persistence/alarms.repository.js';
import { problems } from '../../problems.js';

export interface HandleAlarm {
  readonly id: string;
  readonly command: AlarmCommand;
  readonly ifMatch: string | undefined;
}

/** Does what a person wants with an alarm, if it is still the one that they saw. @throws Problem, PersistenceError */
export async function handleAlarm(
  alerting: Alerting,
  alarms: AlarmStore,
  operator: Operator,
  { id, command, ifMatch }: HandleAlarm,
): Promise<Alarm> {
  const { tenant } = operator;
  const by = actorOf(operator);
  try {
    const change = await alerting.change(async (tx) => {
      const alarm = await lockAlarm(tx, tenant, id);
      if (alarm === undefined) throw problems.notFound('alarm');
      requireIfMatch(ifMatch, alarm.version);
      const one = handle(alarm, command, { by, atMs: alerting.clock.nowMs(), expectedVersion: alarm.version });
      await saveChanges(tx, tenant, [one], ofRequest);
      return one;
    });
    alarms.committed([change]);
    return change.alarm;
  } catch (error) {
    throw meaningOfRefusal(error);
  }
}
