import { metricAttributes as names } from './metric-attributes.js';
import { delayBounds } from './bounds.js';
import { declareMetric } from './metric-declaration.js';

/** What the way of a measurement emits. Devices are no attributes here: there are too many. */

const gateway = ['ingest-gateway'] as const;
const telemetry = ['telemetry'] as const;

const slug = { pattern: /^[a-z0-9-]{1,64}$/, atMost: 60 } as const;

export const gatewayMetrics = {
  measurementsAccepted: declareMetric({
    name: 'myelin.gateway.measurements.accepted',
    instrument: 'counter',
    unit: '{measurement}',
    description: 'Measurements of accepted reports',
    attributes: {},
    emittedBy: gateway,
  }),
  bytesAccepted: declareMetric({
    name: 'myelin.gateway.body.accepted',
    instrument: 'counter',
    unit: 'By',
    description: 'Canonical bodies of accepted reports',
    attributes: {},
    emittedBy: gateway,
  }),
  valuesOutOfRange: declareMetric({
    name: 'myelin.gateway.values.out_of_range',
    instrument: 'counter',
    unit: '{value}',
    description: 'Values of accepted reports that are outside of what the profile states',
    attributes: {},
    emittedBy: gateway,
  }),
  reports: declareMetric({
    name: 'myelin.gateway.reports',
    instrument: 'counter',
    unit: '{report}',
    description:
      'Reports by tenant and what became of them; without a tenant nobody knows whose they are. The 200 tenants that report most, the rest is "other"',
    attributes: {
      [names.tenant]: { pattern: /^[A-Za-z0-9_-]{1,64}$/, atMost: 201, isOptional: true },
      [names.outcome]: { values: ['accepted', 'refused'] },
      [names.reason]: { ...slug, isOptional: true },
    },
    emittedBy: gateway,
    isAbsentWhile: 'nothing was reported',
  }),
  authenticationsFailed: declareMetric({
    name: 'myelin.gateway.authentications.failed',
    instrument: 'counter',
    unit: '{attempt}',
    description: 'Why credentials did not hold; devices are not told',
    attributes: {
      [names.reason]: { values: ['missing', 'malformed', 'unknown', 'wrong-secret', 'expired', 'not-yet-valid'] },
    },
    emittedBy: gateway,
    isAbsentWhile: 'every credential was right',
  }),
  publisherQueuedBytes: declareMetric({
    name: 'myelin.gateway.publisher.queued',
    instrument: 'gauge',
    unit: 'By',
    description: 'Reports that Kafka has not acknowledged yet',
    attributes: {},
    emittedBy: gateway,
  }),
} as const;

export const telemetryMetrics = {
  acceptToStored: declareMetric({
    name: 'myelin.telemetry.accept_to_stored',
    instrument: 'histogram',
    unit: 's',
    description:
      'From the time of a record, which is when its gateway received it, to the commit of its rows; a batch counts as its oldest',
    attributes: {},
    emittedBy: telemetry,
    bounds: delayBounds,
    isAbsentWhile: 'no measurement came',
  }),
  measurements: declareMetric({
    name: 'myelin.telemetry.measurements',
    instrument: 'counter',
    unit: '{measurement}',
    description: 'Measurements by what became of them',
    attributes: { [names.outcome]: { values: ['stored', 'duplicate', 'expired', 'evaluate-only'] } },
    emittedBy: telemetry,
    isAbsentWhile: 'no measurement came',
  }),
  conflicts: declareMetric({
    name: 'myelin.telemetry.conflicts',
    instrument: 'counter',
    unit: '{value}',
    description: 'Values of which two kept measurements name the same metric at the same time',
    attributes: {},
    emittedBy: telemetry,
    isAbsentWhile: 'no two measurements disagree',
  }),
  thawed: declareMetric({
    name: 'myelin.telemetry.thawed',
    instrument: 'counter',
    unit: '{measurement}',
    description: 'Measurements of compressed days that were unpacked because a late one came',
    attributes: {},
    emittedBy: telemetry,
    isAbsentWhile: 'nothing comes that late',
  }),
  filtered: declareMetric({
    name: 'myelin.telemetry.filtered',
    instrument: 'counter',
    unit: '{measurement}',
    description: 'Measurements that a filter found to be redundant',
    attributes: {},
    emittedBy: telemetry,
    isAbsentWhile: 'no profile has a filter',
  }),
  filteredValues: declareMetric({
    name: 'myelin.telemetry.filtered_values',
    instrument: 'counter',
    unit: '{value}',
    description: 'Values that a filter found to be redundant',
    attributes: {},
    emittedBy: telemetry,
    isAbsentWhile: 'no profile has a filter',
  }),
  partitionsNearRetention: declareMetric({
    name: 'myelin.telemetry.consumer_partitions_near_retention',
    instrument: 'gauge',
    unit: '{partition}',
    description: 'Partitions in which a declared group has records unread for nearly as long as the topic keeps them',
    attributes: {
      [names.destinationName]: { pattern: /^[A-Za-z0-9._-]+$/, atMost: 40 },
      [names.consumerGroup]: { pattern: /^[A-Za-z0-9._-]+$/, atMost: 10 },
    },
    emittedBy: telemetry,
    isAbsentWhile: 'it was not checked yet (once a minute)',
  }),
} as const;
