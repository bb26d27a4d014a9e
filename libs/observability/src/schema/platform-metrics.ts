import { metricAttributes as names } from './metric-attributes.js';
import { delayBounds, requestBounds } from './bounds.js';
import { declareMetric } from './metric-declaration.js';

/** What every service emits, or every one with a database, with consumers, with an outbox. */

export const everybody = ['device-registry', 'ingest-gateway', 'telemetry', 'alerting', 'firmware-rollout'] as const;
const withDatabase = ['device-registry', 'telemetry', 'alerting', 'firmware-rollout'] as const;
const withConsumers = ['telemetry', 'alerting', 'firmware-rollout'] as const;

const batchBounds = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000] as const;

const methods = {
  values: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '_OTHER'],
} as const;
const route = { pattern: /^\/\S*$/, atMost: 150, isOptional: true } as const;
const status = { pattern: /^[1-5]\d\d$/, atMost: 40 } as const;

const topic = { pattern: /^[A-Za-z0-9._-]{1,249}$/, atMost: 40 } as const;
const group = { pattern: /^[A-Za-z0-9._-]{1,249}$/, atMost: 10 } as const;
const ofGroup = { [names.consumerGroup]: group, [names.destinationName]: topic } as const;
const system = { [names.system]: { values: ['kafka'] } } as const;

const pool = { [names.poolName]: { pattern: /^[a-z-]+(:[a-z-]+)?$/, atMost: 4 } } as const;
const schema = { [names.schema]: { pattern: /^[a-z_][a-z0-9_]*$/, atMost: 1 } } as const;

export const platformMetrics = {
  requestDuration: declareMetric({
    name: 'http.server.request.duration',
    instrument: 'histogram',
    unit: 's',
    description:
      'From the head of a request to the end of its answer, by route; without a route nothing is at its path',
    attributes: { [names.requestMethod]: methods, [names.route]: route, [names.statusCode]: status },
    emittedBy: everybody,
    bounds: requestBounds,
  }),
  activeRequests: declareMetric({
    name: 'http.server.active_requests',
    instrument: 'up-down-counter',
    unit: '{request}',
    description: 'Requests that are not answered yet',
    attributes: {},
    emittedBy: everybody,
  }),
  eventLoopDelayP50: declareMetric({
    name: 'nodejs.eventloop.delay.p50',
    instrument: 'gauge',
    unit: 's',
    description: 'How much later than due the event loop came round since the last collection: the median',
    attributes: {},
    emittedBy: everybody,
  }),
  eventLoopDelayP99: declareMetric({
    name: 'nodejs.eventloop.delay.p99',
    instrument: 'gauge',
    unit: 's',
    description: 'How much later than due the event loop came round since the last collection: 99 of 100 times',
    attributes: {},
    emittedBy: everybody,
  }),
  eventLoopDelayMax: declareMetric({
    name: 'nodejs.eventloop.delay.max',
    instrument: 'gauge',
    unit: 's',
    description: 'How much later than due the event loop came round since the last collection: the longest',
    attributes: {},
    emittedBy: everybody,
  }),
  eventLoopUtilization: declareMetric({
    name: 'nodejs.eventloop.utilization',
    instrument: 'gauge',
    unit: '1',
    description: 'Share of the time since the last collection that the event loop was not idle',
    attributes: {},
    emittedBy: everybody,
  }),
  processMemory: declareMetric({
    name: 'process.memory.usage',
    instrument: 'up-down-counter',
    unit: 'By',
    description: 'Resident memory of the process',
    attributes: {},
    emittedBy: everybody,
  }),
  heapUsed: declareMetric({
    name: 'v8js.memory.heap.used',
    instrument: 'up-down-counter',
    unit: 'By',
    description: 'Heap of JavaScript in use',
    attributes: {},
    emittedBy: everybody,
  }),
  processCpuTime: declareMetric({
    name: 'process.cpu.time',
    instrument: 'counter',
    unit: 's',
    description: 'Processor time of the process',
    attributes: { [names.cpuMode]: { values: ['user', 'system'] } },
    emittedBy: everybody,
  }),
  processUptime: declareMetric({
    name: 'process.uptime',
    instrument: 'gauge',
    unit: 's',
    description: 'Since the start of the process',
    attributes: {},
    emittedBy: everybody,
  }),
  poolConnections: declareMetric({
    name: 'db.client.connection.count',
    instrument: 'up-down-counter',
    unit: '{connection}',
    description: 'Connections of a pool to the database',
    attributes: { ...pool, [names.connectionState]: { values: ['idle', 'used'] } },
    emittedBy: withDatabase,
  }),
  poolMaximum: declareMetric({
    name: 'db.client.connection.max',
    instrument: 'up-down-counter',
    unit: '{connection}',
    description: 'Connections that a pool may have',
    attributes: pool,
    emittedBy: withDatabase,
  }),
  poolPending: declareMetric({
    name: 'db.client.connection.pending_requests',
    instrument: 'up-down-counter',
    unit: '{request}',
    description: 'Work that waits for a connection of a pool',
    attributes: pool,
    emittedBy: withDatabase,
  }),
  outboxPublished: declareMetric({
    name: 'myelin.outbox.published',
    instrument: 'counter',
    unit: '{record}',
    description: 'Records of the outbox that Kafka acknowledged',
    attributes: schema,
    emittedBy: withDatabase,
    isAbsentWhile: 'nothing was published, or another process of the service holds the lock of the relay',
  }),
  outboxDepth: declareMetric({
    name: 'myelin.outbox.depth',
    instrument: 'gauge',
    unit: '{record}',
    description: 'Records of the outbox that wait to be published, counted up to 10,000',
    attributes: schema,
    emittedBy: withDatabase,
  }),
  outboxOldestAge: declareMetric({
    name: 'myelin.outbox.oldest_age',
    instrument: 'gauge',
    unit: 's',
    description: 'How long the oldest record of the outbox has waited; 0 = none waits',
    attributes: schema,
    emittedBy: withDatabase,
  }),
  sentMessages: declareMetric({
    name: 'messaging.client.sent.messages',
    instrument: 'counter',
    unit: '{message}',
    description: 'Records that Kafka acknowledged or refused, by topic',
    attributes: {
      ...system,
      [names.destinationName]: topic,
      [names.errorType]: { pattern: /^[A-Za-z0-9_.-]{1,64}$/, atMost: 20, isOptional: true },
    },
    emittedBy: everybody,
    isAbsentWhile: 'nothing was published',
  }),
  sendDuration: declareMetric({
    name: 'messaging.client.operation.duration',
    instrument: 'histogram',
    unit: 's',
    description: 'From the append of the oldest record of a batch to its acknowledgement, once per batch, by topic',
    attributes: {
      ...system,
      [names.operationName]: { values: ['send'] },
      [names.destinationName]: topic,
    },
    emittedBy: everybody,
    bounds: requestBounds,
    isAbsentWhile: 'nothing was published',
  }),
  consumedMessages: declareMetric({
    name: 'messaging.client.consumed.messages',
    instrument: 'counter',
    unit: '{message}',
    description: 'Records that were processed, parked or passed over, by group and topic',
    attributes: { ...system, ...ofGroup },
    emittedBy: withConsumers,
  }),
  processDuration: declareMetric({
    name: 'messaging.process.duration',
    instrument: 'histogram',
    unit: 's',
    description: 'What a run of records of one partition took its handler',
    attributes: { ...system, ...ofGroup },
    emittedBy: withConsumers,
    bounds: requestBounds,
    isAbsentWhile: 'no record came',
  }),
  processDelay: declareMetric({
    name: 'myelin.messaging.process.delay',
    instrument: 'histogram',
    unit: 's',
    description: 'From the time of a record to the end of its processing; a run of records counts as its oldest',
    attributes: ofGroup,
    emittedBy: withConsumers,
    bounds: delayBounds,
    isAbsentWhile: 'no record came',
  }),
  batchSize: declareMetric({
    name: 'myelin.messaging.batch.size',
    instrument: 'histogram',
    unit: '{message}',
    description: 'Records of one partition that are processed together',
    attributes: ofGroup,
    emittedBy: withConsumers,
    bounds: batchBounds,
    isAbsentWhile: 'no record came',
  }),
  lag: declareMetric({
    name: 'myelin.messaging.consumer.lag',
    instrument: 'gauge',
    unit: '{message}',
    description: 'Records behind the ends of the partitions that this process has, as of the last fetch',
    attributes: ofGroup,
    emittedBy: withConsumers,
  }),
  lagAge: declareMetric({
    name: 'myelin.messaging.consumer.lag_age',
    instrument: 'gauge',
    unit: 's',
    description:
      'Age of the oldest record that is not processed (while none was fetched, of the last before it); 0 = none waits',
    attributes: ofGroup,
    emittedBy: withConsumers,
  }),
  inFlight: declareMetric({
    name: 'myelin.messaging.consumer.in_flight',
    instrument: 'gauge',
    unit: '{message}',
    description: 'Records that were fetched and are not processed',
    attributes: ofGroup,
    emittedBy: withConsumers,
  }),
  partitions: declareMetric({
    name: 'myelin.messaging.consumer.partitions',
    instrument: 'gauge',
    unit: '{partition}',
    description: 'Partitions that this process has, by what it does with them',
    attributes: { ...ofGroup, [names.state]: { values: ['idle', 'working', 'retrying', 'halted'] } },
    emittedBy: withConsumers,
  }),
  retries: declareMetric({
    name: 'myelin.messaging.retries',
    instrument: 'counter',
    unit: '{attempt}',
    description: 'Times that records were to be tried again after a failure that may pass',
    attributes: ofGroup,
    emittedBy: withConsumers,
    isAbsentWhile: 'nothing failed',
  }),
  deadLetters: declareMetric({
    name: 'myelin.messaging.dead_letters',
    instrument: 'counter',
    unit: '{message}',
    description: 'Records that were parked as dead letters, by the code or class of the error',
    attributes: { ...ofGroup, [names.reason]: { pattern: /^[A-Za-z0-9_.-]{1,64}$/, atMost: 30 } },
    emittedBy: withConsumers,
    isAbsentWhile: 'nothing was parked',
  }),
} as const;
