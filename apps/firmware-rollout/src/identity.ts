import type { OpenApiSettings } from '@myelin/service-kit';

export const serviceName = 'firmware-rollout';
/** CloudEvents `source` of everything that this service publishes. */
export const publisherSource = '/myelin/firmware-rollout';
export const version = '0.1.0';
export const openApiSettings: OpenApiSettings = {
  title: 'Firmware rollout',
  description: 'Firmware for a fleet: artifacts, releases and rollouts. Every answer is about the tenant of the token.',
};
