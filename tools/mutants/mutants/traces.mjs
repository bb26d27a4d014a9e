import { mutant } from '../mutant.mjs';

const verifier = { project: 'tools/trace-verifier', file: 'test/trace-verifier.it.ts' };

/** Of the context that goes on from service to service. */
export const traceMutants = [
  mutant({
    name: 'trace-headers-not-written',
    promise: 'a record of the control plane carries the context of the request that wrote it',
    file: 'libs/messaging/src/encoding/encode-event.ts',
    edits: [['  injectTraceHeaders(headers);', '']],
    suite: verifier,
  }),
  mutant({
    name: 'process-in-no-trace',
    promise: "what a consumer does with a sampled record is in the record's trace",
    file: 'libs/messaging/src/tracing/process-spans.ts',
    edits: [['startSpan(name, options, contextFromHeaders(record.headers))', 'startSpan(name, options, ROOT_CONTEXT)']],
    suite: verifier,
  }),
  mutant({
    name: 'notification-in-no-trace',
    promise: 'what is told of an alarm is in the trace of the alarm',
    file: 'apps/alerting/src/persistence/deliveries.repository.ts',
    edits: [['r.notification, r.traceparent,', 'r.notification, NULL,']],
    suite: verifier,
  }),
  mutant({
    name: 'wave-not-linked',
    promise: 'a wave that begins by itself links the request that started its rollout',
    file: 'apps/firmware-rollout/src/rollouts/rollout-span.ts',
    edits: [['link: contextOfTraceparent(traceparent) ?? asking,', 'link: asking,']],
    suite: verifier,
  }),
];
