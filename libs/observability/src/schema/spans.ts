import { SpanKind } from '@opentelemetry/api';
import { httpAttributes, messagingAttributes, myelinAttributes } from './attributes.js';

/** One kind of span: the only place that knows its name. */
export interface SpanDeclaration {
  /** At most one placeholder in braces, of few values. */
  readonly name: string;
  readonly kind: SpanKind;
  /** Rooms (`libs/messaging`) and services (`alerting`) that write it. */
  readonly emitters: readonly string[];
  /** Attributes that each such span has. */
  readonly attributes: readonly string[];
  /** `always`: whatever became of the measurement that led to it; `parent`: as its request or record. */
  readonly sampled: 'always' | 'parent';
  /** What its parent is, and what it links to when it begins a trace of its own. */
  readonly context: string;
}

const { tenant, device, alarm, rule, severity, receiver, notificationTry } = myelinAttributes;
const { rollout, rolloutState, wave, assignment, assignmentState } = myelinAttributes;
const { system, operationName, operationType, destinationName, partitionId, consumerGroup } = messagingAttributes;
const place = [system, operationName, operationType, destinationName, partitionId];

const ofAlarms = {
  kind: SpanKind.INTERNAL,
  emitters: ['alerting'],
  attributes: [tenant, alarm, rule, severity],
  sampled: 'always',
} as const;
const ofRollouts = { kind: SpanKind.INTERNAL, emitters: ['firmware-rollout'], sampled: 'always' } as const;

/** Every span that this system writes itself. Those of the http and pg instrumentation are theirs. */
export const spans = frozen({
  request: {
    name: '{method and route}',
    kind: SpanKind.SERVER,
    emitters: ['libs/observability', 'ingest-gateway'],
    attributes: [httpAttributes.requestMethod, httpAttributes.route, httpAttributes.statusCode],
    sampled: 'always',
    context: 'Of a hot route: it is in the sample, it failed, or its device is followed. Child of the traceparent.',
  },
  send: {
    name: 'send {topic}',
    kind: SpanKind.PRODUCER,
    emitters: ['libs/messaging'],
    attributes: [...place, messagingAttributes.messageId],
    sampled: 'parent',
    context: 'Child of what published the record.',
  },
  processBatch: {
    name: 'process {topic}',
    kind: SpanKind.CONSUMER,
    emitters: ['libs/messaging'],
    attributes: [...place, consumerGroup, messagingAttributes.batchMessageCount],
    sampled: 'parent',
    context: 'A trace of its own, kept by ratio.',
  },
  process: {
    name: 'process {topic}',
    kind: SpanKind.CONSUMER,
    emitters: ['libs/messaging'],
    attributes: [...place, consumerGroup, messagingAttributes.kafkaOffset],
    sampled: 'parent',
    context: 'Child of the span that the record carries; links its batch. Always, where the record fails.',
  },
  raiseAlarm: { ...ofAlarms, name: 'raise alarm', context: contextOfAlarms() },
  clearAlarm: { ...ofAlarms, name: 'clear alarm', context: contextOfAlarms() },
  changeAlarm: { ...ofAlarms, name: 'change alarm', context: contextOfAlarms() },
  notify: {
    name: 'notify {receiver kind}',
    kind: SpanKind.CLIENT,
    emitters: ['alerting'],
    attributes: [tenant, alarm, receiver, notificationTry],
    sampled: 'always',
    context:
      'Child of what changed the alarm; repeated or tried again after minutes: a trace of its own that links it.',
  },
  startWave: {
    ...ofRollouts,
    name: 'start wave',
    attributes: [tenant, rollout, wave],
    context: 'Child of the request that lets it start; started later: a trace of its own that links it.',
  },
  changeAssignment: {
    ...ofRollouts,
    name: 'change assignment',
    attributes: [tenant, device, rollout, assignment, assignmentState],
    sampled: 'parent',
    context:
      'Child of the feedback or request (then always kept) or of the wave that begins; of steps after that kept by ratio.',
  },
  changeRollout: {
    ...ofRollouts,
    name: 'change rollout',
    attributes: [tenant, rollout, rolloutState],
    context: 'Child of the request or record that changed it; by time: a trace of its own that links the last request.',
  },
} satisfies Record<string, SpanDeclaration>);

/** The name of one span: `spanName(spans.notify, 'webhook')` is `notify webhook`. `value` of few values only. */
export function spanName({ name }: SpanDeclaration, value = ''): string {
  return name.replace(/\{[^}]*\}/, () => value);
}

function contextOfAlarms(): string {
  return 'Child of the process span of the record, or of the request; without a sampled one: a trace of its own that links the batch.';
}

function frozen<Declared extends Record<string, SpanDeclaration>>(declared: Declared): Readonly<Declared> {
  for (const declaration of Object.values(declared)) {
    Object.freeze(declaration.emitters);
    Object.freeze(declaration.attributes);
    Object.freeze(declaration);
  }
  return Object.freeze(declared);
}
