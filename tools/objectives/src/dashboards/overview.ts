import { type Dashboard, quantile, quantiles, rate } from './dashboard.js';

export const overview: Dashboard = {
  ...{ uid: 'overview', title: 'overview' },
  rows: [
    {
      title: 'Objectives',
      panels: [
        {
          ...{ title: 'Failed, over an hour', unit: 'percentunit', mayBeEmpty: 'nobody has asked for anything' },
          queries: [['myelin:objective_failures:ratio_rate1h', '{{objective}}']],
        },
        {
          ...{ title: 'Budget of 30 days that is left', unit: 'percentunit', isFigure: true },
          mayBeEmpty: 'Prometheus has run for less than ten minutes',
          queries: [['myelin:objective_budget:left', '{{objective}}']],
        },
        {
          ...{ title: 'Alerts that fire', unit: 'short', mayBeEmpty: 'none fires' },
          queries: [['count by (alertname) (ALERTS{alertstate="firing"})', '{{alertname}}']],
        },
      ],
    },
    {
      title: 'What comes in, and what becomes of it',
      panels: [
        {
          ...{ title: 'Reports', unit: 'reqps' },
          queries: [[rate('myelin_gateway_reports_total', 'myelin_outcome'), '{{myelin_outcome}}']],
        },
        { title: 'Accept to stored', unit: 's', queries: quantiles('myelin_telemetry_accept_to_stored_seconds') },
        {
          ...{ title: 'Behind', unit: 's' },
          queries: [
            [
              'max by (messaging_consumer_group_name) (myelin_messaging_consumer_lag_age_seconds)',
              '{{messaging_consumer_group_name}}',
            ],
          ],
        },
        {
          ...{ title: 'Devices', unit: 'short', isFigure: true },
          queries: [['max by (myelin_state) (myelin_registry_devices)', '{{myelin_state}}']],
        },
        {
          ...{ title: 'Active alarms', unit: 'short', isFigure: true },
          queries: [['max by (myelin_severity) (myelin_alerting_alarms_active)', '{{myelin_severity}}']],
        },
        {
          ...{ title: 'Rollouts', unit: 'short', isFigure: true },
          queries: [['max by (myelin_state) (myelin_firmware_rollouts)', '{{myelin_state}}']],
        },
      ],
    },
    {
      title: 'Services',
      panels: [
        { title: 'Instances', unit: 'short', queries: [['sum by (job) (up)', '{{job}}']] },
        {
          ...{ title: 'Requests, p99', unit: 's' },
          queries: [[quantile(0.99, 'http_server_request_duration_seconds', '', 'job'), '{{job}}']],
        },
        {
          ...{ title: 'CPU', unit: 'percentunit' },
          queries: [[rate('process_cpu_time_seconds_total', 'job'), '{{job}}']],
        },
      ],
    },
  ],
};

/** How much there is left, and until when. A core takes what it took so far, per measurement. */
export const capacity: Dashboard = {
  ...{ uid: 'capacity', title: 'capacity' },
  rows: [
    {
      title: 'Headroom',
      panels: [
        {
          ...{ title: 'CPU of the busiest instance', unit: 'percentunit' },
          queries: [['max by (job) (rate(process_cpu_time_seconds_total[$__rate_interval]))', '{{job}}']],
        },
        {
          ...{ title: 'CPU per measurement', unit: 's', mayBeEmpty: 'no measurement comes' },
          queries: [
            [
              `${rate('process_cpu_time_seconds_total', 'job')} / on () group_left () ${rate('myelin_gateway_measurements_accepted_total')}`,
              '{{job}}',
            ],
          ],
        },
        {
          ...{ title: 'Measurements per second that one core of the gateway would take', unit: 'short' },
          mayBeEmpty: 'no measurement comes',
          queries: [
            [
              `${rate('myelin_gateway_measurements_accepted_total')} / ${rate('process_cpu_time_seconds_total{job="ingest-gateway"}')}`,
              'per second',
            ],
          ],
        },
        {
          ...{ title: 'Database connections in use', unit: 'percentunit' },
          queries: [
            [
              'sum by (job) (db_client_connection_count{db_client_connection_state="used"}) / sum by (job) (db_client_connection_max)',
              '{{job}}',
            ],
          ],
        },
      ],
    },
    {
      title: 'Forecast',
      panels: [
        {
          ...{ title: 'Devices in four weeks', unit: 'short' },
          queries: [
            ['sum(predict_linear(myelin_registry_devices{myelin_state="active"}[1d], 4 * 7 * 86400))', 'active'],
          ],
        },
        {
          ...{ title: 'Resident memory in a week', unit: 'bytes' },
          queries: [['max by (job) (predict_linear(process_memory_usage_bytes[6h], 7 * 86400))', '{{job}}']],
        },
        {
          ...{ title: 'Lag in an hour', unit: 's' },
          queries: [
            [
              'max by (messaging_consumer_group_name) (predict_linear(myelin_messaging_consumer_lag_age_seconds[15m], 3600))',
              '{{messaging_consumer_group_name}}',
            ],
          ],
        },
      ],
    },
  ],
};
