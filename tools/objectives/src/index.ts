export type { Alert } from './alert.js';
export type { Dashboard, Panel } from './dashboards/dashboard.js';
export { dashboards } from './dashboards/all-dashboards.js';
export { allAlerts, derivedFiles } from './derived-files.js';
