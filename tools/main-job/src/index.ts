export { MainJobError } from './main-job.errors.js';
export { type System, type SystemOptions, startSystem } from './system.js';
export { ServiceProcess } from './service-process.js';
