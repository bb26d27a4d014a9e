import { alertEvalBench } from './benches/alert-eval.bench.js';
import { artifactDownloadBench } from './benches/artifact-download.bench.js';
import { bootstrapBench } from './benches/bootstrap.bench.js';
import { catchUpBench } from './benches/catch-up.bench.js';
import { ddiPollBench } from './benches/ddi-poll.bench.js';
import { harnessBench } from './benches/harness.bench.js';
import { heartbeatBench } from './benches/heartbeat.bench.js';
import { httpIngestBench } from './benches/http-ingest.bench.js';
import { nabBench } from './benches/nab.bench.js';
import { pipelineBench } from './benches/pipeline.bench.js';
import { publishBench } from './benches/publish.bench.js';
import { queryBench } from './benches/query.bench.js';
import { retentionBench } from './benches/retention.bench.js';
import { tracingOverheadBench } from './benches/tracing-overhead.bench.js';
import { writerBench } from './benches/writer.bench.js';
import { rolloutPlanBench } from './benches/rollout-plan.bench.js';
import type { Bench } from './harness/bench.js';

/** Every bench, in the order of the list. A new one is a file in `benches/` and a line here. */
export const benches: readonly Bench[] = [
  harnessBench,
  httpIngestBench,
  tracingOverheadBench,
  publishBench,
  writerBench,
  pipelineBench,
  queryBench,
  retentionBench,
  catchUpBench,
  bootstrapBench,
  alertEvalBench,
  heartbeatBench,
  artifactDownloadBench,
  rolloutPlanBench,
  ddiPollBench,
  nabBench,
];
