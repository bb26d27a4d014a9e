import { type Objective, shareOf, withinTime } from './objective.js';

const requests = 'http_server_request_duration_seconds';
const updateClients = '/:tenant/controller/v1/:controllerId';

/** What is promised to devices, to those who read measurements and to those who are called at night. */
export const objectives: readonly Objective[] = [
  shareOf({
    name: 'accept-success',
    promise: 'Of the reports of devices 99.9 % are not turned away because of us: no answer of 500 and above',
    target: 0.999,
    metric: `${requests}_count`,
    selector: ['job="ingest-gateway"', 'http_route="/v1/telemetry"'],
    failed: 'http_response_status_code=~"5.."',
    examples: {
      good: 'job="ingest-gateway",http_route="/v1/telemetry",http_response_status_code="202"',
      bad: 'job="ingest-gateway",http_route="/v1/telemetry",http_response_status_code="503"',
    },
  }),
  withinTime({
    name: 'accept-to-stored-p95',
    promise: 'Of the measurements 95 % can be queried a second after they were accepted',
    ...{ target: 0.95, withinSeconds: 1, runbook: 'accept-to-stored' },
    ...{ metric: 'myelin_telemetry_accept_to_stored_seconds', selector: ['job="telemetry"'] },
    example: 'job="telemetry"',
  }),
  withinTime({
    name: 'accept-to-stored-p99',
    promise: 'Of the measurements 99 % can be queried five seconds after they were accepted',
    ...{ target: 0.99, withinSeconds: 5, runbook: 'accept-to-stored' },
    ...{ metric: 'myelin_telemetry_accept_to_stored_seconds', selector: ['job="telemetry"'] },
    example: 'job="telemetry"',
  }),
  withinTime({
    name: 'alarm-latency',
    promise: 'Of the alarms 95 % are raised ten seconds after what they are about, late reports included',
    ...{ target: 0.95, withinSeconds: 10 },
    ...{ metric: 'myelin_alerting_alarm_time_to_detect_seconds', selector: ['job="alerting"'] },
    example: 'job="alerting",myelin_severity="major"',
  }),
  withinTime({
    name: 'ddi-latency',
    promise: 'Of the polls of update clients 99 % are answered within a quarter of a second',
    ...{ target: 0.99, withinSeconds: 0.25 },
    ...{ metric: requests, selector: ['job="firmware-rollout"', `http_route="${updateClients}"`] },
    example: `job="firmware-rollout",http_route="${updateClients}"`,
  }),
];

/** The time over which objectives are kept. */
export const budgetDays = 30;
