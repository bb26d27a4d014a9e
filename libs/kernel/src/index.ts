export { CodedError, type CodedErrorOptions, describeError, isRetryable } from './errors.js';
export {
  type DeviceId,
  type DeviceKey,
  IdError,
  type TenantId,
  deviceId,
  deviceIdPattern,
  deviceKey,
  isDeviceId,
  isTenantId,
  parseDeviceKey,
  tenantId,
  tenantIdPattern,
} from './ids.js';
export { type Clock, systemClock } from './clock.js';
export { uuidOfName, uuidv7 } from './uuid.js';
export { type WallTime, isTimeZone, isTimeZoneName, utcOffsetMsAt, wallTimeAt } from './time-zone.js';
