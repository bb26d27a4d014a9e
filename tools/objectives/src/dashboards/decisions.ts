import { type Dashboard, quantiles, rate } from './dashboard.js';

export const alarms: Dashboard = {
  ...{ uid: 'alarms', title: 'alarms' },
  rows: [
    {
      title: 'Alarms',
      panels: [
        {
          ...{ title: 'Active', unit: 'short' },
          queries: [['max by (myelin_severity) (myelin_alerting_alarms_active)', '{{myelin_severity}}']],
        },
        {
          ...{ title: 'Raised', unit: 'short', mayBeEmpty: 'no alarm was raised' },
          queries: [[rate('myelin_alerting_alarms_raised_total', 'myelin_severity'), '{{myelin_severity}}']],
        },
        {
          ...{ title: 'Cleared', unit: 'short', mayBeEmpty: 'no alarm was cleared' },
          queries: [[rate('myelin_alerting_alarms_cleared_total', 'myelin_reason'), '{{myelin_reason}}']],
        },
        {
          ...{ title: 'Time to detect', unit: 's', mayBeEmpty: 'no alarm was raised' },
          queries: quantiles('myelin_alerting_alarm_time_to_detect_seconds'),
        },
        {
          ...{ title: 'Time to recover', unit: 's', mayBeEmpty: 'no alarm was cleared' },
          queries: quantiles('myelin_alerting_alarm_time_to_clear_seconds'),
        },
        {
          ...{ title: 'Time to acknowledge', unit: 's', mayBeEmpty: 'no alarm was acknowledged' },
          queries: quantiles('myelin_alerting_alarm_time_to_acknowledge_seconds'),
        },
      ],
    },
    {
      title: 'Notifications',
      panels: [
        {
          ...{ title: 'Waiting', unit: 'short' },
          queries: [['max(myelin_alerting_deliveries_waiting)', 'notifications']],
        },
        {
          ...{ title: 'The one that waits longest', unit: 's' },
          queries: [['max(myelin_alerting_deliveries_oldest_age_seconds)', 'age']],
        },
        {
          ...{ title: 'Tries', unit: 'short', mayBeEmpty: 'nobody had to be told of anything' },
          queries: [
            [
              rate('myelin_alerting_delivery_tries_total', 'myelin_receiver_kind', 'myelin_outcome'),
              '{{myelin_receiver_kind}} {{myelin_outcome}}',
            ],
          ],
        },
      ],
    },
  ],
};

export const rollouts: Dashboard = {
  ...{ uid: 'rollouts', title: 'rollouts' },
  rows: [
    {
      title: 'Rollouts',
      panels: [
        {
          ...{ title: 'Rollouts by state', unit: 'short' },
          queries: [['max by (myelin_state) (myelin_firmware_rollouts)', '{{myelin_state}}']],
        },
        {
          ...{ title: 'Assignments by state', unit: 'short' },
          queries: [['max by (myelin_state) (myelin_firmware_assignments)', '{{myelin_state}}']],
        },
        {
          ...{ title: 'Refused requests of devices', unit: 'reqps', mayBeEmpty: 'no update client was refused' },
          queries: [[rate('myelin_firmware_device_requests_refused_total', 'myelin_reason'), '{{myelin_reason}}']],
        },
      ],
    },
    {
      title: 'Update clients',
      panels: [
        {
          ...{ title: 'Requests by resource', unit: 'reqps', mayBeEmpty: 'no update client asks' },
          queries: [
            [
              rate(
                'http_server_request_duration_seconds_count{job="firmware-rollout",http_route=~"/:tenant/.*"}',
                'http_route',
              ),
              '{{http_route}}',
            ],
          ],
        },
        {
          ...{ title: 'Duration of polls', unit: 's', mayBeEmpty: 'no update client asks' },
          queries: quantiles(
            'http_server_request_duration_seconds',
            'job="firmware-rollout",http_route="/:tenant/controller/v1/:controllerId"',
          ),
        },
      ],
    },
  ],
};
