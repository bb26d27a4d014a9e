import { metricAttributes as names } from './metric-attributes.js';
import { declareMetric } from './metric-declaration.js';

/** What alerting emits. Alarms, rules, receivers and tenants are no attributes here: there are too many. */

const alerting = ['alerting'] as const;

const slug = { pattern: /^[a-z-]{1,64}$/, atMost: 10 } as const;
const severity = { [names.severity]: { values: ['critical', 'major', 'minor', 'warning', 'info'] } } as const;
const receiver = { [names.receiverKind]: { values: ['webhook', 'email', 'alertmanager', 'unknown'] } } as const;
/** From half a second to a week. */
const alarmBounds = [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 604_800] as const;

export const alertingMetrics = {
  alarmsActive: declareMetric({
    name: 'myelin.alerting.alarms.active',
    instrument: 'gauge',
    unit: '{alarm}',
    description: 'Alarms that are active, by severity',
    attributes: severity,
    emittedBy: alerting,
  }),
  alarmsRaised: declareMetric({
    name: 'myelin.alerting.alarms.raised',
    instrument: 'counter',
    unit: '{alarm}',
    description: 'Alarms raised, by severity',
    attributes: severity,
    emittedBy: alerting,
    isAbsentWhile: 'nothing was raised',
  }),
  alarmsCleared: declareMetric({
    name: 'myelin.alerting.alarms.cleared',
    instrument: 'counter',
    unit: '{alarm}',
    description: 'Alarms cleared, by severity and reason',
    attributes: { ...severity, [names.reason]: { ...slug, isOptional: true } },
    emittedBy: alerting,
    isAbsentWhile: 'nothing was cleared',
  }),
  alarmsInhibited: declareMetric({
    name: 'myelin.alerting.alarms.inhibited',
    instrument: 'counter',
    unit: '{alarm}',
    description: 'Alarms that one of a storm stands for, by severity',
    attributes: severity,
    emittedBy: alerting,
    isAbsentWhile: 'there was no storm',
  }),
  timeToDetect: declareMetric({
    name: 'myelin.alerting.alarm.time_to_detect',
    instrument: 'histogram',
    unit: 's',
    description: 'From the measurement that decided to the raise',
    attributes: severity,
    emittedBy: alerting,
    bounds: alarmBounds,
    isAbsentWhile: 'nothing was raised',
  }),
  timeToAcknowledge: declareMetric({
    name: 'myelin.alerting.alarm.time_to_acknowledge',
    instrument: 'histogram',
    unit: 's',
    description: 'From the raise to its acknowledgement',
    attributes: {},
    emittedBy: alerting,
    bounds: alarmBounds,
    isAbsentWhile: 'nobody acknowledged an alarm',
  }),
  timeToClear: declareMetric({
    name: 'myelin.alerting.alarm.time_to_clear',
    instrument: 'histogram',
    unit: 's',
    description: 'From the raise to the clear: what it took to recover',
    attributes: severity,
    emittedBy: alerting,
    bounds: alarmBounds,
    isAbsentWhile: 'nothing was cleared',
  }),
  deliveryTries: declareMetric({
    name: 'myelin.alerting.delivery.tries',
    instrument: 'counter',
    unit: '{try}',
    description: 'Tries to deliver a notification, by kind of receiver and outcome',
    attributes: { ...receiver, [names.outcome]: { values: ['delivered', 'failed', 'refused'] } },
    emittedBy: alerting,
    isAbsentWhile: 'there is nothing to deliver',
  }),
  deliveriesEnded: declareMetric({
    name: 'myelin.alerting.deliveries.ended',
    instrument: 'counter',
    unit: '{notification}',
    description: 'Notifications delivered or parked, by kind of receiver',
    attributes: { ...receiver, [names.state]: { values: ['delivered', 'parked'] } },
    emittedBy: alerting,
    isAbsentWhile: 'there is nothing to deliver',
  }),
  deliveriesWaiting: declareMetric({
    name: 'myelin.alerting.deliveries.waiting',
    instrument: 'gauge',
    unit: '{notification}',
    description: 'Notifications that are neither delivered nor parked',
    attributes: {},
    emittedBy: alerting,
  }),
  deliveriesOldestAge: declareMetric({
    name: 'myelin.alerting.deliveries.oldest_age',
    instrument: 'gauge',
    unit: 's',
    description: 'Since the one that waits longest was put into the ledger',
    attributes: {},
    emittedBy: alerting,
  }),
  alertsUntold: declareMetric({
    name: 'myelin.alerting.alerts.untold',
    instrument: 'counter',
    unit: '{alert}',
    description: 'Alerts that a dispatcher had no room for, or could not read',
    attributes: {},
    emittedBy: alerting,
    isAbsentWhile: 'every alert had room',
  }),
} as const;
