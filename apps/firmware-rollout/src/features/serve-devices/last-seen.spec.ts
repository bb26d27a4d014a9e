import { describe, expect, test } from '@jest/globals';
import { deviceId, deviceKey, tenantId } from '@myelin/kernel';
import type { Firmware } from '../../firmware.js';
import { LastSeen } from './last-seen.js';

const keyOf = (device: string): ReturnType<typeof deviceKey> => deviceKey(tenantId('acme'), deviceId(device));

/** Takes what is written, or fails as often as it is told to. */
class Written {
  readonly batches: (readonly [device: string, seenAtMs: number])[][] = [];
  failures = 0;
  whileWriting = (): void => undefined;

  readonly firmware = {
    change: (work: (tx: object) => Promise<unknown>) =>
      work({
        query: async (_sql: string, [, devices, times]: [unknown, string[], number[]]) => {
          this.whileWriting();
          await Promise.resolve();
          if (this.failures-- > 0) throw new Error('no database');
          this.batches.push(devices.map((device, nth) => [device, times[nth] as number]));
        },
      }),
  } as unknown as Firmware;
}

describe('when devices were heard last', () => {
  test('is written once for all that a device asked since, and then not again', async () => {
    const written = new Written();
    const lastSeen = new LastSeen(written.firmware);
    for (let nth = 0; nth < 1_000; nth += 1) lastSeen.note(keyOf(`d${nth % 2}`), nth);
    expect(lastSeen.unwrittenMs(keyOf('d1'))).toBe(999);
    await lastSeen.write();
    await lastSeen.write();
    expect(written.batches).toEqual([
      [
        ['d0', 998],
        ['d1', 999],
      ],
    ]);
    expect(lastSeen.unwrittenMs(keyOf('d1'))).toBeUndefined();
  });

  test('of a large fleet is written in small batches, each device in one of them', async () => {
    const written = new Written();
    const lastSeen = new LastSeen(written.firmware);
    for (let nth = 0; nth < 5_001; nth += 1) lastSeen.note(keyOf(`d${nth}`), nth);
    await lastSeen.write();
    expect(written.batches.map(({ length }) => length)).toEqual([2_000, 2_000, 1_001]);
    expect(new Set(written.batches.flat().map(([device]) => device)).size).toBe(5_001);
  });

  test('stays known while it is written, and when it cannot be; what came meanwhile counts', async () => {
    const written = new Written();
    const lastSeen = new LastSeen(written.firmware);
    lastSeen.note(keyOf('a'), 1);
    lastSeen.note(keyOf('b'), 1);
    written.failures = 1;
    written.whileWriting = () => {
      expect(lastSeen.unwrittenMs(keyOf('b'))).toBe(1);
      lastSeen.note(keyOf('a'), 2);
    };
    await expect(lastSeen.write()).rejects.toThrow('no database');
    written.whileWriting = () => undefined;
    await lastSeen.write();
    expect(written.batches.flat().sort()).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });
});
