import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { adminRefusal } from './admin.errors.js';

/** Microseconds between two looks at the stack: as much as a per cent of a processor. */
const cpuIntervalUs = 1_000;
/** Bytes of allocations between two samples, on average. */
const heapIntervalBytes = 32_768;

/** Profiles of this process, one at a time: each costs it something, and two would measure each other. */
export class Profiler {
  #isTaking = false;

  /** Of `seconds`, or until nobody waits for it any more. @throws Problem profile-running */
  cpu(seconds: number, gone: AbortSignal): Promise<object> {
    return this.#take(async (session) => {
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: cpuIntervalUs });
      await session.post('Profiler.start');
      await elapsed(seconds, gone);
      return (await session.post('Profiler.stop')).profile;
    });
  }

  /** What was allocated in `seconds` and lives at their end. @throws Problem profile-running */
  heap(seconds: number, gone: AbortSignal): Promise<object> {
    return this.#take(async (session) => {
      await session.post('HeapProfiler.enable');
      await session.post('HeapProfiler.startSampling', { samplingInterval: heapIntervalBytes });
      await elapsed(seconds, gone);
      return (await session.post('HeapProfiler.stopSampling')).profile;
    });
  }

  async #take(profile: (session: Session) => Promise<object>): Promise<object> {
    if (this.#isTaking) throw adminRefusal('profile-running', { headers: { 'retry-after': '30' } });
    this.#isTaking = true;
    const session = new Session();
    try {
      session.connect();
      return await profile(session);
    } finally {
      session.disconnect();
      this.#isTaking = false;
    }
  }
}

async function elapsed(seconds: number, gone: AbortSignal): Promise<void> {
  await delay(seconds * 1_000, undefined, { signal: gone, ref: false }).catch(() => undefined);
}
