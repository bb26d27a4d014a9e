/** For this service's own suites and tools; no other room imports it. */
export { entities } from './persistence/entities.js';
export { migrations } from './persistence/migrations/index.js';
