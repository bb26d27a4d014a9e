import type { ScrapedMetrics } from './metrics/scrape-reader.js';

/** What the preload leaves for the application. Under a global symbol: the preload may be another copy of this module. */
interface Started {
  /** Absent: OTEL_SDK_DISABLED. */
  readonly sdk?: { shutdown(): Promise<void> };
  readonly metrics?: Scraped;
}

interface Scraped {
  scrape(accept: string | undefined): Promise<ScrapedMetrics>;
}

const key = Symbol.for('myelin.observability');
const holder = globalThis as { [key]?: Started };

/** Without an SDK: it was switched off, which is no fault. */
export function rememberPreload(sdk?: { shutdown(): Promise<void> }, metrics?: Scraped): void {
  holder[key] = { ...(sdk !== undefined && { sdk }), ...(metrics !== undefined && { metrics }) };
}

/** All metrics of this process as text, in the format that `accept` asks for; undefined without an SDK. */
export function scrapeMetrics(accept: string | undefined): Promise<ScrapedMetrics> | undefined {
  return holder[key]?.metrics?.scrape(accept);
}

/** What the preload did in this process; `absent`: it never ran. */
export function preloadState(): 'absent' | 'started' | 'disabled' {
  if (holder[key] === undefined) return 'absent';
  return holder[key].sdk === undefined ? 'disabled' : 'started';
}

/**
 * Flushes and ends the SDK that the preload started, for at most `deadlineMs`. Resolves to whether everything left in
 * time; true at once when there is no SDK. Never rejects: lost telemetry must not fail a stop.
 */
export async function shutdownObservability(deadlineMs: number): Promise<boolean> {
  const sdk = holder[key]?.sdk;
  if (sdk === undefined) return true;
  delete holder[key];
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, deadlineMs, false);
  const flushed = sdk.shutdown().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([flushed, late]);
  } finally {
    clearTimeout(timer);
  }
}
