import { type Dashboard, quantiles, rate } from './dashboard.js';

const group = 'messaging_consumer_group_name';
const topic = 'messaging_destination_name';

export const ingest: Dashboard = {
  ...{ uid: 'ingest', title: 'ingest' },
  rows: [
    {
      title: 'From the device to Kafka',
      panels: [
        {
          ...{ title: 'Reports', unit: 'reqps' },
          queries: [[rate('myelin_gateway_reports_total', 'myelin_outcome'), '{{myelin_outcome}}']],
        },
        {
          ...{ title: 'Refused, by reason', unit: 'reqps', mayBeEmpty: 'nothing is refused' },
          queries: [
            [rate('myelin_gateway_reports_total{myelin_outcome="refused"}', 'myelin_reason'), '{{myelin_reason}}'],
          ],
        },
        {
          ...{ title: 'Reports by tenant', unit: 'reqps' },
          queries: [[`topk(10, ${rate('myelin_gateway_reports_total', 'myelin_tenant')})`, '{{myelin_tenant}}']],
        },
        {
          ...{ title: 'Measurements accepted', unit: 'short' },
          queries: [[rate('myelin_gateway_measurements_accepted_total'), 'per second']],
        },
        {
          ...{ title: 'Bytes accepted', unit: 'Bps' },
          queries: [[rate('myelin_gateway_body_accepted_bytes_total'), 'per second']],
        },
        {
          ...{ title: 'Duration of a report', unit: 's' },
          queries: quantiles('http_server_request_duration_seconds', 'job="ingest-gateway",http_route="/v1/telemetry"'),
        },
      ],
    },
    {
      title: 'From Kafka to the row',
      panels: [
        { title: 'Accept to stored', unit: 's', queries: quantiles('myelin_telemetry_accept_to_stored_seconds') },
        {
          ...{ title: 'Measurements by outcome', unit: 'short' },
          queries: [[rate('myelin_telemetry_measurements_total', 'myelin_outcome'), '{{myelin_outcome}}']],
        },
        {
          ...{ title: 'Conflicts', unit: 'short', mayBeEmpty: 'no device contradicts itself' },
          queries: [[rate('myelin_telemetry_conflicts_total'), 'per second']],
        },
      ],
    },
  ],
};

export const kafka: Dashboard = {
  ...{ uid: 'kafka', title: 'Kafka' },
  rows: [
    {
      title: 'Groups',
      panels: [
        {
          ...{ title: 'Lag in records', unit: 'short' },
          queries: [[`sum by (${group}, ${topic}) (myelin_messaging_consumer_lag)`, `{{${group}}} {{${topic}}}`]],
        },
        {
          ...{ title: 'Age of the oldest record that waits', unit: 's' },
          queries: [
            [`max by (${group}, ${topic}) (myelin_messaging_consumer_lag_age_seconds)`, `{{${group}}} {{${topic}}}`],
          ],
        },
        {
          ...{ title: 'In flight', unit: 'short' },
          queries: [[`sum by (${group}) (myelin_messaging_consumer_in_flight)`, `{{${group}}}`]],
        },
        {
          ...{ title: 'Records of a batch, middle', unit: 'short' },
          queries: [
            [
              `histogram_quantile(0.5, sum by (le, ${group}) (rate(myelin_messaging_batch_size_bucket[$__rate_interval])))`,
              `{{${group}}}`,
            ],
          ],
        },
        {
          ...{ title: 'Tried again', unit: 'short', mayBeEmpty: 'nothing had to be tried again' },
          queries: [[rate('myelin_messaging_retries_total', group), `{{${group}}}`]],
        },
        {
          ...{ title: 'Parked', unit: 'short', mayBeEmpty: 'nothing had to be parked' },
          queries: [
            [rate('myelin_messaging_dead_letters_total', group, 'myelin_reason'), `{{${group}}} {{myelin_reason}}`],
          ],
        },
      ],
    },
    {
      title: 'Topics',
      panels: [
        {
          ...{ title: 'Records sent', unit: 'short' },
          queries: [[rate('messaging_client_sent_messages_total', topic), `{{${topic}}}`]],
        },
        {
          ...{ title: 'Records consumed', unit: 'short' },
          queries: [[rate('messaging_client_consumed_messages_total', group), `{{${group}}}`]],
        },
        {
          ...{ title: 'Acknowledgement', unit: 's' },
          queries: quantiles('messaging_client_operation_duration_seconds'),
        },
      ],
    },
  ],
};
