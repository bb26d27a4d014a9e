export { type CheckContext, type CheckName, type DoctorOptions, examine } from './examine.js';
export type { Finding, Status } from './finding.js';
