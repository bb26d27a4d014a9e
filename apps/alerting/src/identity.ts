import type { OpenApiSettings } from '@myelin/service-kit';

export const serviceName = 'alerting';
/** CloudEvents `source` of everything that this service publishes. */
export const publisherSource = '/myelin/alerting';
export const version = '0.1.0';
export const openApiSettings: OpenApiSettings = {
  title: 'Alerting',
  description: 'Rules about what devices say and do not say. Every answer is about the tenant of the token.',
};
