import { days, defineTopic, telemetryTopicDefaults } from '../definition/define-topic.js';

/** Carries measurements and the gateways' ticks, so that a reader's watermark and its data come in one order. */
export const telemetryTopic = defineTopic({
  name: 'myelin.telemetry.measurement-reported.v1',
  owner: 'ingest-gateway',
  ...telemetryTopicDefaults,
  cleanup: { kind: 'delete', retentionMs: days(7) },
  summary: 'What devices measured, as they reported it, and the ticks of the gateways.',
});
