import { metricAttributes as names } from './metric-attributes.js';
import { declareMetric } from './metric-declaration.js';

/** What the owners of devices and of firmware emit. Devices and rollouts are no attributes here: there are too many. */

const registry = ['device-registry'] as const;
const firmware = ['firmware-rollout'] as const;

export const registryMetrics = {
  devices: declareMetric({
    name: 'myelin.registry.devices',
    instrument: 'gauge',
    unit: '{device}',
    description: 'Devices by the state of their life, counted once a minute',
    attributes: {
      [names.state]: { values: ['created', 'provisioned', 'active', 'suspended', 'quarantined', 'retired'] },
    },
    emittedBy: registry,
  }),
} as const;

export const firmwareMetrics = {
  rollouts: declareMetric({
    name: 'myelin.firmware.rollouts',
    instrument: 'gauge',
    unit: '{rollout}',
    description: 'Rollouts by state, counted every 15 seconds',
    attributes: {
      [names.state]: {
        values: ['draft', 'waiting-for-approval', 'running', 'paused', 'aborting', 'aborted', 'succeeded'],
      },
    },
    emittedBy: firmware,
  }),
  assignments: declareMetric({
    name: 'myelin.firmware.assignments',
    instrument: 'gauge',
    unit: '{assignment}',
    description: 'Devices of rollouts by the state of their assignment, counted every 15 seconds',
    attributes: {
      [names.state]: {
        values: [
          'planned',
          'unconfirmed',
          'offered',
          'retrieved',
          'downloading',
          'downloaded',
          'installing',
          'cancelling',
          'succeeded',
          'failed',
          'cancelled',
          'skipped',
        ],
      },
    },
    emittedBy: firmware,
  }),
  deviceRequestsRefused: declareMetric({
    name: 'myelin.firmware.device_requests.refused',
    instrument: 'counter',
    unit: '{request}',
    description: 'Requests of devices (DDI) that were refused, by reason',
    attributes: { [names.reason]: { pattern: /^[a-z-]{1,64}$/, atMost: 30 } },
    emittedBy: firmware,
    isAbsentWhile: 'nothing was refused',
  }),
} as const;
