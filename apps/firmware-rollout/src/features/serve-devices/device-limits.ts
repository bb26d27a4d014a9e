import type { ServerResponse } from 'node:http';
import { type DdiRefusal, refuse } from '../../ddi/ddi-refusal.js';
import { Debts } from './debts.js';
import type { DeviceLimitConfig } from './device-limit-variables.js';

/** Devices that can owe something at the same time; 2 MiB for each kind of debt. */
const places = 131_072;
/** What a request for a file counts as at least: looking it up costs more than a few bytes do. */
const leastDownloadBytes = 65_536;

type Limits = Omit<DeviceLimitConfig, 'deviceBodyIdleMs' | 'lastSeenWriteMs'>;

/**
 * What one device may ask of this process, so that one that has gone wild takes nothing from the others. Nothing is read for it. Files
 * count by their bytes, so that a client that streams thousands of small ranges is no worse off than one that loads all at once.
 */
export class DeviceLimits {
  private readonly requests: Debts;
  private readonly downloads: Debts;
  private readonly openDownloads = new Map<string, number>();

  constructor(
    private readonly limits: Limits,
    room = places,
  ) {
    const { deviceRequestsPerSecond, deviceRequestBurst, deviceDownloadBytesPerSecond, deviceDownloadBurstBytes } =
      limits;
    this.requests = new Debts({ perSecond: deviceRequestsPerSecond, burst: deviceRequestBurst }, room);
    this.downloads = new Debts({ perSecond: deviceDownloadBytesPerSecond, burst: deviceDownloadBurstBytes }, room);
  }

  /** Counts a request for anything but a file. */
  takeRequest(key: string, nowMs: number): DdiRefusal | undefined {
    const waitMs = this.requests.tryTake(key, 1, nowMs);
    return waitMs === 0 ? undefined : tooFast('the device asks too often', waitMs);
  }

  /** Counts what is sent of a file, when it has been sent or its client is gone. */
  takeDownload(key: string, response: ServerResponse, clock: { nowMs(): number }): DdiRefusal | undefined {
    const waitMs = this.downloads.waitMs(key, clock.nowMs());
    if (waitMs > 0) return tooFast('the device has loaded too much', waitMs);
    const open = this.openDownloads.get(key) ?? 0;
    if (open >= this.limits.deviceOpenDownloads) return tooFast('the device loads too many files at once', 1_000);
    this.openDownloads.set(key, open + 1);
    const { socket } = response;
    const before = socket?.bytesWritten ?? 0;
    response.once('close', () => {
      this.closeDownload(key);
      const sent = (socket?.bytesWritten ?? before) - before;
      this.downloads.take(key, Math.max(leastDownloadBytes, sent), clock.nowMs());
    });
    return undefined;
  }

  private closeDownload(key: string): void {
    const left = (this.openDownloads.get(key) ?? 1) - 1;
    if (left === 0) this.openDownloads.delete(key);
    else this.openDownloads.set(key, left);
  }
}

function tooFast(detail: string, waitMs: number): DdiRefusal {
  return refuse('too-fast', detail, { headers: ['retry-after', String(Math.ceil(waitMs / 1_000))] });
}
