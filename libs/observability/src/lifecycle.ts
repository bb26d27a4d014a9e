/** What the preload leaves for the application. Under a global symbol: the preload may be another copy of this module. */
interface Started {
  shutdown(): Promise<void>;
}

const key = Symbol.for('myelin.observability');
const holder = globalThis as { [key]?: Started };

export function rememberSdk(started: Started): void {
  holder[key] = started;
}

/** True when the preload has started the SDK in this process. */
export function sdkStarted(): boolean {
  return holder[key] !== undefined;
}

/**
 * Flushes and ends the SDK that the preload started, for at most `deadlineMs`. Resolves to whether everything left in
 * time; true at once when there is no SDK. Never rejects: lost telemetry must not fail a stop.
 */
export async function shutdownObservability(deadlineMs: number): Promise<boolean> {
  const started = holder[key];
  if (started === undefined) return true;
  delete holder[key];
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, deadlineMs, false);
  const flushed = started.shutdown().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([flushed, late]);
  } finally {
    clearTimeout(timer);
  }
}
