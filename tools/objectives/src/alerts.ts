import type { Alert, Series } from './alert.js';

const services = ['ingest-gateway', 'device-registry', 'telemetry', 'alerting', 'firmware-rollout'];

/** Series of one instance of each service that answers. */
function running(besides: readonly string[] = []): Series {
  const answering = services.filter((service) => !besides.includes(service));
  return Object.fromEntries(answering.map((service) => [`up{job="${service}",instance="a"}`, '1x30']));
}

/** What is wrong whatever the objectives say, and worth a look before they do. */
export const alerts: readonly Alert[] = [
  {
    name: 'ServiceSilent',
    urgency: 'page',
    summary: 'No instance of {{ $labels.job }} answers to Prometheus',
    when: ['max by (job) (up) == 0', ...services.map((service) => `absent(up{job="${service}"})`)].join('\nor '),
    for: '2m',
    trial: {
      fires: { ...running(['telemetry']), 'up{job="telemetry",instance="a"}': '1x5 0x20' },
      byMinute: 15,
      quiet: { ...running(), 'up{job="telemetry",instance="b"}': '1x5 0x20' },
    },
  },
  {
    name: 'ConsumerBehind',
    urgency: 'page',
    summary: '{{ $labels.messaging_consumer_group_name }} is {{ $value | humanizeDuration }} behind',
    when: 'max by (messaging_consumer_group_name, messaging_destination_name) (myelin_messaging_consumer_lag_age_seconds) > 60',
    for: '5m',
    trial: {
      fires: {
        'myelin_messaging_consumer_lag_age_seconds{messaging_consumer_group_name="telemetry.store-measurements",messaging_destination_name="myelin.telemetry.measurement-reported.v1"}':
          '0+60x30',
      },
      byMinute: 15,
      quiet: {
        'myelin_messaging_consumer_lag_age_seconds{messaging_consumer_group_name="telemetry.store-measurements",messaging_destination_name="myelin.telemetry.measurement-reported.v1"}':
          '2x10 90x3 2x17',
      },
    },
  },
  {
    name: 'ConsumerNearRetention',
    urgency: 'page',
    summary:
      '{{ $value }} partitions of {{ $labels.messaging_consumer_group_name }} are about to lose records that were not processed',
    when: 'max by (messaging_consumer_group_name) (myelin_telemetry_consumer_partitions_near_retention) > 0',
    trial: {
      fires: {
        'myelin_telemetry_consumer_partitions_near_retention{messaging_consumer_group_name="telemetry.store-measurements"}':
          '0x5 2x10',
      },
      byMinute: 10,
      quiet: {
        'myelin_telemetry_consumer_partitions_near_retention{messaging_consumer_group_name="telemetry.store-measurements"}':
          '0x15',
      },
    },
  },
  {
    name: 'RecordsParked',
    urgency: 'ticket',
    summary:
      '{{ $labels.messaging_consumer_group_name }} has parked records ({{ $labels.myelin_reason }}) in its dead letters',
    // A series begins with the first record that is parked: of its first value there is no increase.
    when: [
      'sum by (messaging_consumer_group_name, messaging_destination_name, myelin_reason) (',
      '  increase(myelin_messaging_dead_letters_total[15m]) > 0',
      '  or (myelin_messaging_dead_letters_total unless myelin_messaging_dead_letters_total offset 15m)',
      ')',
    ].join('\n'),
    trial: {
      fires: {
        'myelin_messaging_dead_letters_total{messaging_consumer_group_name="telemetry.store-measurements",messaging_destination_name="myelin.telemetry.measurement-reported.v1",myelin_reason="schema"}':
          '_x49 1x20',
      },
      byMinute: 60,
      quiet: {
        'myelin_messaging_dead_letters_total{messaging_consumer_group_name="telemetry.store-measurements",messaging_destination_name="myelin.telemetry.measurement-reported.v1",myelin_reason="schema"}':
          '3x70',
      },
    },
  },
  {
    name: 'OutboxOld',
    urgency: 'page',
    summary: 'What {{ $labels.job }} has decided waits for {{ $value | humanizeDuration }} to be published',
    when: 'max by (job) (myelin_outbox_oldest_age_seconds) > 60',
    for: '3m',
    trial: {
      fires: { 'myelin_outbox_oldest_age_seconds{job="alerting",db_namespace="alerting"}': '0+30x20' },
      byMinute: 15,
      quiet: { 'myelin_outbox_oldest_age_seconds{job="alerting",db_namespace="alerting"}': '0x5 70x2 0x13' },
    },
  },
  {
    name: 'NotificationsWaiting',
    urgency: 'page',
    summary: 'A notification has waited for {{ $value | humanizeDuration }} to be delivered',
    when: 'max(myelin_alerting_deliveries_oldest_age_seconds) > 300',
    for: '5m',
    trial: {
      fires: { 'myelin_alerting_deliveries_oldest_age_seconds{job="alerting"}': '0+60x30' },
      byMinute: 20,
      quiet: { 'myelin_alerting_deliveries_oldest_age_seconds{job="alerting"}': '100x30' },
    },
  },
  {
    name: 'RequestsFail',
    urgency: 'page',
    summary: '{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} fail',
    when: [
      'sum by (job) (rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m]))',
      '  / sum by (job) (rate(http_server_request_duration_seconds_count[5m])) > 0.05',
    ].join('\n'),
    for: '5m',
    trial: {
      fires: {
        'http_server_request_duration_seconds_count{job="device-registry",http_response_status_code="200"}': '0+60x30',
        'http_server_request_duration_seconds_count{job="device-registry",http_response_status_code="500"}': '0+6x30',
      },
      byMinute: 20,
      quiet: {
        'http_server_request_duration_seconds_count{job="device-registry",http_response_status_code="200"}': '0+60x30',
        'http_server_request_duration_seconds_count{job="device-registry",http_response_status_code="500"}': '0+2x30',
      },
    },
  },
  {
    name: 'SpansLost',
    urgency: 'ticket',
    summary: '{{ $labels.job }} loses spans: its collector does not take them',
    when: 'sum by (job) (increase(myelin_tracing_spans_lost_total[15m])) > 0',
    for: '5m',
    trial: {
      fires: { 'myelin_tracing_spans_lost_total{job="telemetry",instance="a"}': '0x5 0+100x20' },
      byMinute: 20,
      quiet: { 'myelin_tracing_spans_lost_total{job="telemetry",instance="a"}': '300x30' },
    },
  },
  {
    name: 'DatabasePoolExhausted',
    urgency: 'ticket',
    summary: '{{ $labels.job }} waits for connections of its database pool all the time',
    when: 'min_over_time(max by (job, instance) (db_client_connection_pending_requests)[5m:30s]) > 0',
    for: '2m',
    trial: {
      fires: { 'db_client_connection_pending_requests{job="telemetry",instance="a"}': '0x5 3x20' },
      byMinute: 20,
      quiet: { 'db_client_connection_pending_requests{job="telemetry",instance="a"}': '0x5 9x3 0x15' },
    },
  },
  {
    name: 'EventLoopSlow',
    urgency: 'ticket',
    summary: 'One of a hundred turns of {{ $labels.instance }} ({{ $labels.job }}) takes over half a second',
    when: 'max by (job, instance) (nodejs_eventloop_delay_p99_seconds) > 0.5',
    for: '5m',
    trial: {
      fires: { 'nodejs_eventloop_delay_p99_seconds{job="alerting",instance="a"}': '0.01x5 0.8x20' },
      byMinute: 20,
      quiet: { 'nodejs_eventloop_delay_p99_seconds{job="alerting",instance="a"}': '0.01x5 0.8x3 0.01x12' },
    },
  },
  {
    name: 'DevicesTurnedAway',
    urgency: 'ticket',
    summary: 'More than a twentieth of the reports of devices is refused: {{ $labels.myelin_reason }}',
    when: [
      'sum by (myelin_reason) (rate(myelin_gateway_reports_total{myelin_outcome="refused"}[15m]))',
      '/ ignoring (myelin_reason) group_left sum(rate(myelin_gateway_reports_total[15m])) > 0.05',
    ].join('\n'),
    for: '10m',
    trial: {
      fires: {
        'myelin_gateway_reports_total{myelin_outcome="accepted",myelin_reason=""}': '0+900x60',
        'myelin_gateway_reports_total{myelin_outcome="refused",myelin_reason="unauthenticated"}': '0+100x60',
      },
      byMinute: 40,
      quiet: {
        'myelin_gateway_reports_total{myelin_outcome="accepted",myelin_reason=""}': '0+990x60',
        'myelin_gateway_reports_total{myelin_outcome="refused",myelin_reason="unauthenticated"}': '0+10x60',
      },
    },
  },
];
