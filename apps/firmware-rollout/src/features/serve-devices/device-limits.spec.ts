import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { refusalBody } from '../../ddi/ddi-refusal.js';
import { deviceLimitDefaults } from './device-limit-variables.js';
import { DeviceLimits } from './device-limits.js';

class Clock {
  ms = 1_000_000;
  nowMs = (): number => this.ms;
}

/** An answer of which so many bytes leave. */
class Download extends EventEmitter {
  readonly socket = { bytesWritten: 700 };

  finish(bytes: number): void {
    this.socket.bytesWritten += bytes;
    this.emit('close');
  }
}

const limitsWith = (changes: Partial<ReturnType<typeof deviceLimitDefaults>>): DeviceLimits =>
  new DeviceLimits({ ...deviceLimitDefaults(), ...changes }, 64);

describe('the limits of a device', () => {
  test('refuse a storm with 429, when to come again, and a body of the form of hawkBit', () => {
    const limits = limitsWith({ deviceRequestsPerSecond: 1, deviceRequestBurst: 3 });
    for (let nth = 0; nth < 3; nth += 1) expect(limits.takeRequest('acme/a', 0)).toBeUndefined();
    const refusal = limits.takeRequest('acme/a', 0);
    expect(refusal).toMatchObject({ status: 429, headers: ['retry-after', '1'] });
    expect(JSON.parse(refusal === undefined ? '' : refusalBody(refusal))).toMatchObject({
      errorCode: 'hawkbit.server.error.quota.tooManyRequests',
      exceptionClass: expect.stringMatching(/^org\.eclipse\.hawkbit\./),
    });
    expect(limits.takeRequest('acme/b', 0)).toBeUndefined();
    expect(limits.takeRequest('acme/a', 1_001)).toBeUndefined();
  });

  test('let an image of 100 MB pass in ranges of 4 KiB, and what follows at a steady rate', () => {
    const [limits, clock] = [limitsWith({}), new Clock()];
    for (let nth = 0; nth < 24_415; nth += 1) {
      const download = new Download();
      expectNothing(limits.takeDownload('acme/a', download as unknown as ServerResponse, clock));
      download.finish(4_096);
    }
    clock.ms += 1_000;
    expect(limits.takeDownload('acme/a', new Download() as unknown as ServerResponse, clock)).toBeUndefined();
  });

  test('let the largest artifact be loaded that breaks off at every tenth of its length', () => {
    const [limits, clock] = [limitsWith({}), new Clock()];
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const download = new Download();
      expect(limits.takeDownload('acme/a', download as unknown as ServerResponse, clock)).toBeUndefined();
      download.finish(5 * 2 ** 30 * 0.1);
    }
  });

  test('count the bytes that left, of files that are loaded again and again', () => {
    const limits = limitsWith({ deviceDownloadBytesPerSecond: 1_000_000, deviceDownloadBurstBytes: 10_000_000 });
    const clock = new Clock();
    const load = (bytes: number): string | undefined => {
      const download = new Download();
      const refusal = limits.takeDownload('acme/a', download as unknown as ServerResponse, clock);
      if (refusal === undefined) download.finish(bytes);
      return refusal?.headers[1];
    };
    expect([load(9_000_000), load(9_000_000), load(1)]).toEqual([undefined, undefined, '9']);
    clock.ms += 9_000;
    expect(load(1)).toBeUndefined();
  });

  test('have a device load only so many files at once, whatever becomes of them', () => {
    const [limits, clock] = [limitsWith({ deviceOpenDownloads: 2 }), new Clock()];
    const open = Array.from({ length: 2 }, () => new Download());
    for (const download of open) limits.takeDownload('acme/a', download as unknown as ServerResponse, clock);
    const another = (): unknown => limits.takeDownload('acme/a', new Download() as unknown as ServerResponse, clock);
    expect(another()).toMatchObject({ status: 429 });
    expect(limits.takeDownload('acme/b', new Download() as unknown as ServerResponse, clock)).toBeUndefined();
    open[0]?.emit('close');
    expect(another()).toBeUndefined();
  });
});

/** As `expect`, thousands of times. */
function expectNothing(refusal: unknown): void {
  if (refusal !== undefined) throw new Error('refused');
}
