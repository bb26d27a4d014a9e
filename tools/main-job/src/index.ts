export { MainJobError } from './main-job.errors.js';
export { type System, type SystemOptions, startSystem } from './system.js';
export { ServiceProcess } from './service-process.js';
export { abortOnSignals } from './interruption.js';
export type { ServiceName } from './services.js';
