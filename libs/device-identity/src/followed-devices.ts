import { traceRequestStateV1 } from '@myelin/contracts';
import type { DeviceKey } from '@myelin/kernel';
import { type KafkaSettings, createTableReader } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { FollowedState } from './followed-state.js';

/** Whose every request is to be traced, held in memory from the registry's compacted topic. */
export interface FollowedDevices {
  /** Resolves when the topic was read to its end; rejects with MessagingError. Until then nobody is followed. */
  start(): Promise<void>;
  /** Synchronous, never throws. `nowMs` is the wall clock: a request ends by it, without a message. */
  isFollowed(key: DeviceKey, nowMs: number): boolean;
  readonly count: number;
  close(): Promise<void>;
}

export function createFollowedDevices(settings: KafkaSettings, logger: Logger): FollowedDevices {
  const state = new FollowedState();
  const reader = createTableReader(
    settings,
    { contract: traceRequestStateV1, onRecord: (key, payload) => state.apply(key, payload) },
    logger,
  );
  return {
    start: () => reader.start(),
    isFollowed: (key, nowMs) => state.isFollowed(key, nowMs),
    get count() {
      return state.count;
    },
    close: () => reader.close(),
  };
}
