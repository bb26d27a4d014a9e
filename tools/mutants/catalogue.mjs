import { peerMutants } from './mutants/alerting-peers.mjs';
import { silenceMutants } from './mutants/alerting-silence.mjs';
import { stormMutants } from './mutants/alerting-storms.mjs';
import { alertingMutants } from './mutants/alerting.mjs';
import { edgeMutants } from './mutants/edges.mjs';
import { firmwareMutants } from './mutants/firmware.mjs';
import { messagingMutants } from './mutants/messaging.mjs';
import { outboxMutants } from './mutants/outbox.mjs';
import { telemetryMutants } from './mutants/telemetry.mjs';
import { traceMutants } from './mutants/traces.mjs';

/** Every mutant, in the order in which they are tried. */
export const mutants = [
  ...messagingMutants,
  ...outboxMutants,
  ...edgeMutants,
  ...telemetryMutants,
  ...alertingMutants,
  ...stormMutants,
  ...silenceMutants,
  ...peerMutants,
  ...firmwareMutants,
  ...traceMutants,
];
