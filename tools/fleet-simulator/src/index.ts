export { type FaultShares, defaultFaults } from './fault-plan.js';
export { type FleetOptions, fleetOptionsHelp, parseFleetOptions } from './fleet-options.js';
export {
  Fleet,
  filterPatienceMs,
  type FleetReport,
  type FleetSettings,
  type StoreStatistics,
  isProven,
} from './fleet.js';
export type { DeviceAccount } from './gateway-client.js';
export { DeviceLog } from './device-log.js';
export { Ledger, type SentMeasurement, type Values, measurementKey } from './ledger.js';
export type { SampleListener } from './latency-probe.js';
export { OperatorClient, type TokenSource } from './operator-client.js';
export { Random } from './random.js';
export { type ProofFault, type ProofResult, type StoredMeasurement, prove } from './proof.js';
export { type Series, loadSeries, shippedDataFolder } from './series.js';
export { SimulatorError } from './simulator.errors.js';
