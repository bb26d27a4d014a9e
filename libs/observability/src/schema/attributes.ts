/** How many values an attribute can have. Only `low` may ever stand on a metric. */
export type Cardinality =
  'low' | 'per tenant' | 'per rule' | 'per rollout' | 'per device' | 'per message' | 'per request';

/** One attribute of spans: the only place that knows its name. */
export interface AttributeDeclaration {
  readonly name: string;
  readonly type: 'string' | 'int' | 'boolean';
  /** UCUM, where the value is an amount. */
  readonly unit?: string;
  readonly cardinality: Cardinality;
  /** Rooms (`libs/messaging`) and services (`alerting`) that set it. */
  readonly emitters: readonly string[];
  readonly summary: string;
}

type Declarations = Readonly<Record<string, AttributeDeclaration>>;
type NamesOf<Declared extends Declarations> = { readonly [Key in keyof Declared]: Declared[Key]['name'] };

const messaging = ['libs/messaging'] as const;
const everyEdge = ['ingest-gateway', 'firmware-rollout'] as const;

/** Ours: all begin with `myelin.`. */
const ours = {
  tenant: {
    ...{ name: 'myelin.tenant', type: 'string', cardinality: 'per tenant' },
    ...{
      emitters: [...everyEdge, 'alerting', 'telemetry', 'device-registry'],
      summary: 'Whose device, rule or rollout it is.',
    },
  },
  device: {
    ...{ name: 'myelin.device', type: 'string', cardinality: 'per device' },
    ...{ emitters: [...everyEdge, 'alerting', 'telemetry'], summary: 'Id of the device within its tenant.' },
  },
  alarm: {
    ...{ name: 'myelin.alarm', type: 'string', cardinality: 'per message' },
    ...{ emitters: ['alerting'], summary: 'Id of the alarm.' },
  },
  rule: {
    ...{ name: 'myelin.rule', type: 'string', cardinality: 'per rule' },
    ...{ emitters: ['alerting'], summary: 'Id of the rule that the alarm is of.' },
  },
  severity: {
    ...{ name: 'myelin.severity', type: 'string', cardinality: 'low' },
    ...{ emitters: ['alerting'], summary: 'Severity of the alarm.' },
  },
  receiver: {
    ...{ name: 'myelin.receiver', type: 'string', cardinality: 'per rule' },
    ...{ emitters: ['alerting'], summary: 'Id of the receiver, never its address.' },
  },
  notificationTry: {
    ...{ name: 'myelin.notification.try', type: 'int', unit: '{try}', cardinality: 'low' },
    ...{ emitters: ['alerting'], summary: 'Which try of this notification it is, from 1.' },
  },
  rollout: {
    ...{ name: 'myelin.rollout', type: 'string', cardinality: 'per rollout' },
    ...{ emitters: ['firmware-rollout'], summary: 'Id of the rollout.' },
  },
  rolloutState: {
    ...{ name: 'myelin.rollout.state', type: 'string', cardinality: 'low' },
    ...{ emitters: ['firmware-rollout'], summary: 'State that the rollout has come to.' },
  },
  rolloutChange: {
    ...{ name: 'myelin.rollout.change', type: 'string', cardinality: 'low' },
    ...{ emitters: ['firmware-rollout'], summary: 'What happened to the rollout, as in its history.' },
  },
  wave: {
    ...{ name: 'myelin.wave', type: 'int', unit: '{wave}', cardinality: 'low' },
    ...{ emitters: ['firmware-rollout'], summary: 'Number of the wave within its rollout.' },
  },
  assignment: {
    ...{ name: 'myelin.assignment', type: 'string', cardinality: 'per device' },
    ...{ emitters: ['firmware-rollout'], summary: 'Id of what one device is to install.' },
  },
  assignmentState: {
    ...{ name: 'myelin.assignment.state', type: 'string', cardinality: 'low' },
    ...{ emitters: ['firmware-rollout'], summary: 'State that the assignment has come to.' },
  },
  alarmChange: {
    ...{ name: 'myelin.alarm.change', type: 'string', cardinality: 'low' },
    ...{ emitters: ['alerting'], summary: 'What happened to the alarm, as in its history.' },
  },
  outcome: {
    ...{ name: 'myelin.outcome', type: 'string', cardinality: 'low' },
    ...{
      emitters: ['telemetry'],
      summary: 'What became of a report: `stored`, `duplicate`, `expired` or `evaluated-only`.',
    },
  },
  reason: {
    ...{ name: 'myelin.reason', type: 'string', cardinality: 'low' },
    ...{
      emitters: ['ingest-gateway'],
      summary: 'Why a report was refused: the type of the problem that answered it.',
    },
  },
  followed: {
    ...{ name: 'myelin.followed', type: 'boolean', cardinality: 'low' },
    ...{
      emitters: everyEdge,
      summary: 'True: its device is followed, so that it has a span also outside of the sample.',
    },
  },
  late: {
    ...{ name: 'myelin.late', type: 'boolean', cardinality: 'low' },
    ...{
      emitters: ['libs/service-kit', 'libs/messaging'],
      summary: 'True: outside of the sample, written because it failed.',
    },
  },
} as const satisfies Declarations;

/** OpenTelemetry's messaging conventions, v1.44.0. None of these names is stable yet. */
const ofMessaging = {
  system: {
    ...{ name: 'messaging.system', type: 'string', cardinality: 'low' },
    ...{ emitters: messaging, summary: 'Always `kafka`.' },
  },
  operationName: {
    ...{ name: 'messaging.operation.name', type: 'string', cardinality: 'low' },
    ...{ emitters: messaging, summary: '`send`, `poll`, `process` or `commit`.' },
  },
  operationType: {
    ...{ name: 'messaging.operation.type', type: 'string', cardinality: 'low' },
    ...{ emitters: messaging, summary: '`create`, `send`, `receive`, `process` or `settle`.' },
  },
  destinationName: {
    ...{ name: 'messaging.destination.name', type: 'string', cardinality: 'low' },
    ...{ emitters: messaging, summary: 'The topic.' },
  },
  partitionId: {
    ...{ name: 'messaging.destination.partition.id', type: 'string', cardinality: 'low' },
    ...{ emitters: messaging, summary: 'The partition: a string, although partitions are numbers.' },
  },
  consumerGroup: {
    ...{ name: 'messaging.consumer.group.name', type: 'string', cardinality: 'low' },
    ...{ emitters: messaging, summary: 'The group whose consumer processes.' },
  },
  batchMessageCount: {
    ...{ name: 'messaging.batch.message_count', type: 'int', unit: '{message}', cardinality: 'low' },
    ...{ emitters: messaging, summary: 'Records of the batch; on batch operations only.' },
  },
  messageId: {
    ...{ name: 'messaging.message.id', type: 'string', cardinality: 'per message' },
    ...{ emitters: messaging, summary: '`ce_id` of the record.' },
  },
  kafkaOffset: {
    ...{ name: 'messaging.kafka.offset', type: 'int', cardinality: 'per message' },
    ...{ emitters: messaging, summary: 'Offset of the record in its partition.' },
  },
} as const satisfies Declarations;

/** OpenTelemetry's conventions for HTTP and errors, as far as we set them ourselves. */
const ofHttp = {
  errorType: {
    ...{ name: 'error.type', type: 'string', cardinality: 'low' },
    ...{
      emitters: ['libs/service-kit', 'libs/messaging', 'alerting'],
      summary: 'Code or name of the error; on failures only.',
    },
  },
  requestMethod: {
    ...{ name: 'http.request.method', type: 'string', cardinality: 'low' },
    ...{
      emitters: ['libs/observability'],
      summary: 'Method of the request; `_OTHER` where it is none of the known ones.',
    },
  },
  route: {
    ...{ name: 'http.route', type: 'string', cardinality: 'low' },
    ...{ emitters: ['libs/observability'], summary: 'The route as declared, parameters unfilled.' },
  },
  statusCode: {
    ...{ name: 'http.response.status_code', type: 'int', cardinality: 'low' },
    ...{ emitters: ['libs/observability', 'alerting'], summary: 'Status of the answer.' },
  },
  peerAddress: {
    ...{ name: 'network.peer.address', type: 'string', cardinality: 'per device' },
    ...{
      emitters: ['libs/observability'],
      summary: 'Of whoever opened the connection: a device, or the proxy before it.',
    },
  },
  protocolVersion: {
    ...{ name: 'network.protocol.version', type: 'string', cardinality: 'low' },
    ...{ emitters: ['libs/observability'], summary: 'Of HTTP: `1.1`.' },
  },
  urlScheme: {
    ...{ name: 'url.scheme', type: 'string', cardinality: 'low' },
    ...{ emitters: ['libs/observability'], summary: '`http`, or `https` where the service itself ends TLS.' },
  },
  urlPath: {
    ...{ name: 'url.path', type: 'string', cardinality: 'per device' },
    ...{ emitters: ['libs/observability'], summary: 'Path of the request, without its query.' },
  },
  userAgent: {
    ...{ name: 'user_agent.original', type: 'string', cardinality: 'per request' },
    ...{ emitters: ['libs/observability'], summary: 'What the client says that it is.' },
  },
  urlFull: {
    ...{ name: 'url.full', type: 'string', cardinality: 'low' },
    ...{ emitters: ['libs/observability'], summary: 'Of outgoing requests: scheme, host and port only.' },
  },
  urlQuery: {
    ...{ name: 'url.query', type: 'string', cardinality: 'per request' },
    ...{
      emitters: ['libs/observability'],
      summary: 'Names of parameters, values only where they are known to be harmless.',
    },
  },
} as const satisfies Declarations;

/** Every attribute that this system sets on spans. What the http and pg instrumentation add is theirs. */
export const attributeDeclarations: readonly AttributeDeclaration[] = Object.freeze(
  [ours, ofMessaging, ofHttp].flatMap((group) => Object.values<AttributeDeclaration>(group).map(deepFrozen)),
);

/** Names of our own attributes: `myelinAttributes.tenant` is `myelin.tenant`. */
export const myelinAttributes = namesOf(ours);
/** Names of the messaging conventions. */
export const messagingAttributes = namesOf(ofMessaging);
/** Names of the conventions for HTTP and errors. */
export const httpAttributes = namesOf(ofHttp);

function namesOf<Declared extends Declarations>(declared: Declared): NamesOf<Declared> {
  const names = Object.entries(declared).map(([key, { name }]) => [key, name]);
  return Object.freeze(Object.fromEntries(names)) as NamesOf<Declared>;
}

function deepFrozen(declaration: AttributeDeclaration): AttributeDeclaration {
  Object.freeze(declaration.emitters);
  return Object.freeze(declaration);
}
