import { type ConfigOf, bytes, defineConfig, duration, integer, loadConfig } from '@myelin/config';

/** The part of the configuration that is about what one device may ask of a process. */
export const deviceLimitVariables = {
  /** Beside downloads; sustained, and at once after a rest. */
  deviceRequestsPerSecond: integer('DEVICE_REQUEST_RATE', { default: 50, min: 1, max: 100_000 }),
  deviceRequestBurst: integer('DEVICE_REQUEST_BURST', { default: 1_000, min: 1, max: 1_000_000 }),
  /** Per second, sustained. */
  deviceDownloadBytesPerSecond: bytes('DEVICE_DOWNLOAD_RATE', { default: '16MiB' }),
  /** Twice the largest artifact: whoever loads one, and once more what broke off, is never told to wait. */
  deviceDownloadBurstBytes: bytes('DEVICE_DOWNLOAD_BURST', { default: '10GiB' }),
  /** At the same time. */
  deviceOpenDownloads: integer('DEVICE_OPEN_DOWNLOADS', { default: 8, min: 1, max: 1_000 }),
  /** Between two pieces of a body. */
  deviceBodyIdleMs: duration('DEVICE_BODY_IDLE', { default: '30s', minMs: 100 }),
  /** How often it is written when devices were heard last. */
  lastSeenWriteMs: duration('LAST_SEEN_WRITE', { default: '60s', minMs: 100 }),
};

export type DeviceLimitConfig = ConfigOf<typeof deviceLimitVariables>;

/** What an empty environment makes of it. */
export function deviceLimitDefaults(): DeviceLimitConfig {
  return loadConfig(defineConfig(deviceLimitVariables), {});
}
