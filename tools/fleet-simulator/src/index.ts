export { type FaultShares, defaultFaults } from './fault-plan.js';
export { type FleetOptions, fleetOptionsHelp, parseFleetOptions } from './fleet-options.js';
export { Fleet, type FleetReport, type FleetSettings, type StoreStatistics, isProven } from './fleet.js';
export { Ledger, type LedgerEntry, type SentMeasurement, measurementKey } from './ledger.js';
export { OperatorClient, type TokenSource } from './operator-client.js';
export { type ProofFault, type ProofResult, type StoredMeasurement, prove } from './proof.js';
export { type Series, loadSeries, shippedDataFolder } from './series.js';
export { SimulatorError } from './simulator.errors.js';
