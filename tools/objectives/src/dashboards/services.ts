import { type Dashboard, type Panel, quantiles, rate } from './dashboard.js';

const requests = 'http_server_request_duration_seconds';
const group = 'messaging_consumer_group_name';

/** What every service shows of itself. */
function common(job: string): Dashboard['rows'] {
  const of = `job="${job}"`;
  const http: Panel[] = [
    {
      ...{ title: 'Requests by route', unit: 'reqps' },
      queries: [
        [
          rate(`${requests}_count{${of}}`, 'http_route', 'http_request_method'),
          '{{http_request_method}} {{http_route}}',
        ],
      ],
    },
    {
      ...{ title: 'Answers of 500 and above by route', unit: 'reqps', mayBeEmpty: 'nothing has failed' },
      queries: [[rate(`${requests}_count{${of},http_response_status_code=~"5.."}`, 'http_route'), '{{http_route}}']],
    },
    { title: 'Duration of requests', unit: 's', mayBeEmpty: 'nobody asks', queries: quantiles(requests, of) },
  ];
  const machine: Panel[] = [
    {
      ...{ title: 'CPU', unit: 'percentunit' },
      queries: [[rate(`process_cpu_time_seconds_total{${of}}`, 'instance'), '{{instance}}']],
    },
    {
      ...{ title: 'Memory', unit: 'bytes' },
      queries: [
        [`process_memory_usage_bytes{${of}}`, '{{instance}} resident'],
        [`v8js_memory_heap_used_bytes{${of}}`, '{{instance}} heap'],
      ],
    },
    {
      ...{ title: 'Event loop', unit: 's' },
      queries: [
        [`nodejs_eventloop_delay_p99_seconds{${of}}`, '{{instance}} p99'],
        [`nodejs_eventloop_delay_max_seconds{${of}}`, '{{instance}} max'],
      ],
    },
  ];
  return [
    { title: 'Requests', panels: http },
    { title: 'Process', panels: machine },
  ];
}

function database(job: string): Dashboard['rows'][number] {
  const of = `job="${job}"`;
  return {
    title: 'Database and outbox',
    panels: [
      {
        ...{ title: 'Connections', unit: 'short' },
        queries: [
          [`sum by (db_client_connection_state) (db_client_connection_count{${of}})`, '{{db_client_connection_state}}'],
          [`sum(db_client_connection_max{${of}})`, 'at most'],
        ],
      },
      {
        ...{ title: 'Waiting for a connection', unit: 'short' },
        queries: [[`sum by (instance) (db_client_connection_pending_requests{${of}})`, '{{instance}}']],
      },
      {
        ...{ title: 'Oldest record in the outbox', unit: 's' },
        queries: [[`max(myelin_outbox_oldest_age_seconds{${of}})`, 'age']],
      },
    ],
  };
}

function consuming(job: string): Dashboard['rows'][number] {
  const of = `job="${job}"`;
  return {
    title: 'Consuming',
    panels: [
      {
        ...{ title: 'Age of the oldest record that waits', unit: 's' },
        queries: [[`max by (${group}) (myelin_messaging_consumer_lag_age_seconds{${of}})`, `{{${group}}}`]],
      },
      {
        ...{ title: 'Records per second', unit: 'short' },
        queries: [[rate(`messaging_client_consumed_messages_total{${of}}`, group), `{{${group}}}`]],
      },
      {
        ...{ title: 'Duration of batches', unit: 's', mayBeEmpty: 'no record comes' },
        queries: quantiles('messaging_process_duration_seconds', of),
      },
    ],
  };
}

const gateway: Dashboard = {
  ...{ uid: 'ingest-gateway', title: 'ingest gateway' },
  rows: [
    ...common('ingest-gateway'),
    {
      title: 'Publishing',
      panels: [
        {
          ...{ title: 'Bytes that wait for Kafka', unit: 'bytes' },
          queries: [['sum by (instance) (myelin_gateway_publisher_queued_bytes)', '{{instance}}']],
        },
        {
          ...{ title: 'Acknowledgement by Kafka', unit: 's' },
          queries: quantiles('messaging_client_operation_duration_seconds', 'job="ingest-gateway"'),
        },
        {
          ...{ title: 'Failed authentications', unit: 'reqps', mayBeEmpty: 'every device has the right credentials' },
          queries: [[rate('myelin_gateway_authentications_failed_total', 'myelin_reason'), '{{myelin_reason}}']],
        },
      ],
    },
  ],
};

const registry: Dashboard = {
  ...{ uid: 'device-registry', title: 'device registry' },
  rows: [
    ...common('device-registry'),
    database('device-registry'),
    {
      title: 'Devices',
      panels: [
        {
          ...{ title: 'Devices by state', unit: 'short' },
          queries: [['max by (myelin_state) (myelin_registry_devices)', '{{myelin_state}}']],
        },
      ],
    },
  ],
};

/** One of each service. */
export const serviceDashboards: readonly Dashboard[] = [
  gateway,
  registry,
  ...(['telemetry', 'alerting', 'firmware-rollout'] as const).map((job): Dashboard => ({
    ...{ uid: job, title: job.replace('-', ' ') },
    rows: [...common(job), consuming(job), database(job)],
  })),
];
