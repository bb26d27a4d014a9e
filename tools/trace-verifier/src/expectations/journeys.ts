import { type Journey, driver } from './journey.js';

const reportEdges: Journey['edges'] = [
  [driver, 'POST /v1/telemetry@ingest-gateway'],
  ['POST /v1/telemetry@ingest-gateway', 'send myelin.telemetry.measurement-reported.v1@ingest-gateway'],
  ['POST /v1/telemetry@ingest-gateway', 'process myelin.telemetry.measurement-reported.v1@telemetry'],
  ['POST /v1/telemetry@ingest-gateway', 'process myelin.telemetry.measurement-reported.v1@alerting'],
  ['process myelin.telemetry.measurement-reported.v1@alerting', 'raise alarm@alerting'],
  ['raise alarm@alerting', 'send myelin.alerting.alarm-state.v1@alerting'],
  ['raise alarm@alerting', 'send myelin.alerting.alarm-changed.v1@alerting'],
  ['raise alarm@alerting', 'notify webhook@alerting'],
  ['notify webhook@alerting', 'POST@alerting'],
];

const reportSignals: Journey['signals'] = {
  'ingest-gateway': ['POST /v1/telemetry', 'send myelin.telemetry.measurement-reported.v1'],
  telemetry: ['process myelin.telemetry.measurement-reported.v1'],
  alerting: [
    ...['process myelin.telemetry.measurement-reported.v1', 'raise alarm', 'notify webhook', 'POST'],
    ...['send myelin.alerting.alarm-state.v1', 'send myelin.alerting.alarm-changed.v1'],
  ],
};

const nothingLater = { links: [], laterEdges: [] } as const;

const acknowledging = 'POST /v1/alarms/:alarm/acknowledge';
const creatingProfile = 'PUT /v1/profiles/:profile';
const creatingDevice = 'POST /v1/devices';
const starting = 'POST /v1/rollouts/:rollout/start';
const feedback = 'POST /:tenant/controller/v1/:controllerId/:resource';

/** What the system has to leave behind of each request of the driver. */
export const journeys: readonly Journey[] = [
  {
    ...{ name: 'report', title: 'a report raises an alarm, and a webhook hears of it' },
    ...{ signals: reportSignals, edges: reportEdges, ...nothingLater },
  },
  {
    ...{ name: 'report-while-killed', title: 'the same, with telemetry and alerting killed over it' },
    ...{ signals: reportSignals, edges: reportEdges, ...nothingLater },
  },
  {
    ...{ name: 'acknowledgement', title: 'an operator acknowledges an alarm', ...nothingLater },
    signals: { alerting: [acknowledging, 'change alarm', 'send myelin.alerting.alarm-changed.v1'] },
    edges: [
      [driver, `${acknowledging}@alerting`],
      [`${acknowledging}@alerting`, 'change alarm@alerting'],
      ['change alarm@alerting', 'send myelin.alerting.alarm-state.v1@alerting'],
      ['change alarm@alerting', 'send myelin.alerting.alarm-changed.v1@alerting'],
    ],
  },
  {
    ...{ name: 'profile', title: 'an operator creates a profile', ...nothingLater },
    signals: { 'device-registry': [creatingProfile, 'send myelin.registry.profile-state.v1'] },
    edges: [
      [driver, `${creatingProfile}@device-registry`],
      [`${creatingProfile}@device-registry`, 'send myelin.registry.profile-state.v1@device-registry'],
    ],
  },
  {
    ...{ name: 'device', title: 'an operator creates a device', ...nothingLater },
    signals: {
      'device-registry': [creatingDevice, 'send myelin.registry.device-state.v1'],
      'firmware-rollout': ['process myelin.registry.device-state.v1'],
    },
    edges: [
      [driver, `${creatingDevice}@device-registry`],
      [`${creatingDevice}@device-registry`, 'send myelin.registry.device-state.v1@device-registry'],
      [`${creatingDevice}@device-registry`, 'process myelin.registry.device-state.v1@firmware-rollout'],
    ],
  },
  {
    ...{ name: 'rollout', title: 'an operator starts a rollout, whose waves begin later' },
    signals: {
      'firmware-rollout': [
        ...[starting, 'change rollout', 'send myelin.firmware.rollout-changed.v1', 'start wave'],
        ...['change assignment', 'send myelin.firmware.assignment-changed.v1', 'send myelin.firmware.update-state.v1'],
      ],
    },
    edges: [
      [driver, `${starting}@firmware-rollout`],
      [`${starting}@firmware-rollout`, 'change rollout@firmware-rollout'],
      ['change rollout@firmware-rollout', 'send myelin.firmware.rollout-changed.v1@firmware-rollout'],
    ],
    links: [['change rollout@firmware-rollout', 'start wave@firmware-rollout']],
    laterEdges: [
      ['start wave@firmware-rollout', 'send myelin.firmware.rollout-changed.v1@firmware-rollout'],
      ['start wave@firmware-rollout', 'change assignment@firmware-rollout'],
      ['change assignment@firmware-rollout', 'send myelin.firmware.assignment-changed.v1@firmware-rollout'],
      ['change assignment@firmware-rollout', 'send myelin.firmware.update-state.v1@firmware-rollout'],
    ],
  },
  {
    ...{ name: 'feedback', title: 'a device says that it has installed its firmware', ...nothingLater },
    signals: {
      'firmware-rollout': [
        ...[feedback, 'change assignment', 'send myelin.firmware.assignment-changed.v1'],
        ...['send myelin.firmware.update-state.v1', 'send myelin.firmware.installation-state.v1'],
      ],
    },
    edges: [
      [driver, `${feedback}@firmware-rollout`],
      [`${feedback}@firmware-rollout`, 'change assignment@firmware-rollout'],
      ['change assignment@firmware-rollout', 'send myelin.firmware.assignment-changed.v1@firmware-rollout'],
      ['change assignment@firmware-rollout', 'send myelin.firmware.update-state.v1@firmware-rollout'],
      ['change assignment@firmware-rollout', 'send myelin.firmware.installation-state.v1@firmware-rollout'],
    ],
  },
  {
    ...{ name: 'silence', title: 'a device falls silent, which no request leads to', ...nothingLater },
    root: { node: 'raise alarm@alerting', attribute: 'myelin.device', value: 'silent' },
    signals: { alerting: ['raise alarm', 'notify webhook', 'POST'] },
    edges: [
      ['raise alarm@alerting', 'send myelin.alerting.alarm-state.v1@alerting'],
      ['raise alarm@alerting', 'send myelin.alerting.alarm-changed.v1@alerting'],
      ['raise alarm@alerting', 'notify webhook@alerting'],
      ['notify webhook@alerting', 'POST@alerting'],
    ],
  },
];
