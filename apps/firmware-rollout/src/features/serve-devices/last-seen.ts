import { type DeviceKey, parseDeviceKey } from '@myelin/kernel';
import type { Firmware } from '../../firmware.js';
import { type SeenDevice, storeSeen } from '../../persistence/device-seen.repository.js';

const devicesPerWrite = 2_000;

/**
 * When devices were heard last. A device costs a place in memory until it is written, and is written with the others, once for all
 * that it said since: however often it asks, and whether the database is there or not. A process that is killed forgets what it
 * has not written.
 */
export class LastSeen {
  private unwritten = new Map<DeviceKey, number>();
  /** On its way. */
  private leaving: ReadonlyMap<DeviceKey, number> = new Map();

  constructor(private readonly firmware: Firmware) {}

  note(key: DeviceKey, nowMs: number): void {
    this.unwritten.set(key, nowMs);
  }

  /** As far as this process knows beyond what is stored. */
  unwrittenMs(key: DeviceKey): number | undefined {
    return this.unwritten.get(key) ?? this.leaving.get(key);
  }

  /** Writes what has come until now. What could not be written stays. @throws PersistenceError */
  async write(): Promise<void> {
    const leaving = this.unwritten;
    this.leaving = leaving;
    this.unwritten = new Map();
    try {
      for (const batch of batchesOf(leaving)) {
        await this.firmware.change((tx) => storeSeen(tx, batch.map(seenDevice)));
        for (const [key] of batch) leaving.delete(key);
      }
    } finally {
      for (const [key, ms] of leaving) if (!this.unwritten.has(key)) this.unwritten.set(key, ms);
      this.leaving = new Map();
    }
  }
}

type Entry = readonly [key: DeviceKey, seenAtMs: number];

/** Small ones, so that no poll waits for the making of one. */
function* batchesOf(seen: Iterable<Entry>): Generator<readonly Entry[]> {
  let batch: Entry[] = [];
  for (const entry of seen) {
    if (batch.push(entry) < devicesPerWrite) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function seenDevice([key, seenAtMs]: Entry): SeenDevice {
  return { ...parseDeviceKey(key), seenAtMs };
}
