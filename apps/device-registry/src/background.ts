import type { Logger } from '@myelin/observability';
import { BackgroundWork } from '@myelin/service-kit';
import { expireCredentials } from './features/housekeeping/expire-credentials.js';
import { forget } from './features/housekeeping/forget.js';
import { forgetTraceRequests } from './features/housekeeping/forget-trace-requests.js';
import { forgetWindows } from './features/housekeeping/forget-windows.js';
import { republishNext } from './features/republish-time-zone/republish.js';
import type { Registry } from './registry.js';

/** The use cases that run by themselves. Any number of processes may run them at once. */
export function backgroundWork(registry: Registry, logger: Logger): readonly BackgroundWork[] {
  const expire = async (): Promise<boolean> => (await expireCredentials(registry)) > 0;
  return [
    new BackgroundWork('republish-time-zone', () => republishNext(registry), 1_000, logger),
    new BackgroundWork('expire-credentials', expire, 5_000, logger),
    new BackgroundWork('forget', () => forget(registry), 60_000, logger),
    new BackgroundWork('forget-windows', () => forgetWindows(registry), 60_000, logger),
    new BackgroundWork('forget-trace-requests', () => forgetTraceRequests(registry), 60_000, logger),
  ];
}
