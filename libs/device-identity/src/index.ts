export type {
  AuthenticatedDevice,
  AuthOutcome,
  DeviceProfile,
  MetricRule,
  TenantLimits,
  UnauthenticatedReason,
} from './auth-outcome.js';
export { type DeviceDirectory, type DirectoryStatus, createDeviceDirectory } from './device-directory.js';
export { type FollowedDevices, createFollowedDevices } from './followed-devices.js';
export { type PresentedCredential, parseAuthorization } from './presented-credential.js';
