import type { OpenApiSettings } from '@myelin/service-kit';

export const serviceName = 'telemetry';
/** CloudEvents `source` of everything that this service publishes. */
export const publisherSource = '/myelin/telemetry';
export const version = '0.1.0';
export const openApiSettings: OpenApiSettings = {
  title: 'Telemetry',
  description:
    'Measurements of devices: latest values, ranges, raw rows, aggregates. Every answer is about the tenant of the token. Times are milliseconds since the epoch.',
};
