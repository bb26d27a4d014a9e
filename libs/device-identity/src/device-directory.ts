import { deviceCredentialsV1, deviceStateV1, profileStateV1, tenantStateV1 } from '@myelin/contracts';
import { type KafkaSettings, type TableReader, createTableReader } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import type { DeviceKey } from '@myelin/kernel';
import type { AuthOutcome } from './auth-outcome.js';
import { DirectoryState } from './directory-state.js';

export interface DirectoryStatus {
  readonly ready: boolean;
  readonly devices: number;
  readonly credentials: number;
  readonly profiles: number;
  readonly tenants: number;
  /** Milliseconds since every table was last known to be complete; undefined before that. */
  readonly lagMs: number | undefined;
}

/** What an edge knows about devices, held in memory from the registry's compacted topics. */
export interface DeviceDirectory {
  /** Reads the topics from their beginning. Resolves when all four have caught up; rejects with MessagingError. */
  start(): Promise<void>;
  /** True from the moment at which all four topics had been read to their end. */
  readonly ready: boolean;
  /**
   * Synchronous, without any call elsewhere, never throws. `nowMs` is the wall clock. With the `connection` that the
   * header came on (its socket), the same header on it is read and hashed once; what it is worth is looked up each time.
   */
  authenticate(authorization: string | undefined, nowMs: number, connection?: object): AuthOutcome;
  /**
   * As `authenticate`, of a device that somebody vouches for who was let in by other means: no credential is looked at. One that nobody
   * knows is `unauthenticated`.
   */
  vouchedFor(key: DeviceKey): AuthOutcome;
  readonly status: DirectoryStatus;
  close(): Promise<void>;
}

export function createDeviceDirectory(settings: KafkaSettings, logger: Logger): DeviceDirectory {
  const state = new DirectoryState();
  const readers: readonly TableReader[] = [
    createTableReader(
      settings,
      { contract: deviceStateV1, onRecord: (key, payload) => state.applyDeviceState(key, payload) },
      logger,
    ),
    createTableReader(
      settings,
      { contract: deviceCredentialsV1, onRecord: (key, payload) => state.applyCredentials(key, payload) },
      logger,
    ),
    createTableReader(
      settings,
      { contract: profileStateV1, onRecord: (key, payload) => state.applyProfile(key, payload) },
      logger,
    ),
    createTableReader(
      settings,
      { contract: tenantStateV1, onRecord: (key, payload) => state.applyTenant(key, payload) },
      logger,
    ),
  ];
  const isReady = (): boolean => readers.every((reader) => reader.caughtUp);
  return {
    async start() {
      await Promise.all(readers.map((reader) => reader.start()));
    },
    get ready() {
      return isReady();
    },
    authenticate(authorization, nowMs, connection) {
      return isReady() ? state.authenticate(authorization, nowMs, connection) : { kind: 'not-ready' };
    },
    vouchedFor(key) {
      return isReady() ? state.vouchedFor(key) : { kind: 'not-ready' };
    },
    get status() {
      return { ready: isReady(), ...state.counts, lagMs: longest(readers.map((reader) => reader.lagMs)) };
    },
    async close() {
      await Promise.all(readers.map((reader) => reader.close()));
    },
  };
}

function longest(lags: readonly (number | undefined)[]): number | undefined {
  return lags.includes(undefined) ? undefined : Math.max(...(lags as readonly number[]));
}
