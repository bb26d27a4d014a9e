import { describe, expect, test } from '@jest/globals';
import { deviceId, deviceKey, tenantId } from '@myelin/kernel';
import type { AdmittedDevice } from './admit-device.js';
import { OfferedFiles } from './offered-files.js';
import type { OfferedRelease } from './offered-release.js';

function admitted(device: string): AdmittedDevice {
  const key = deviceKey(tenantId('acme'), deviceId(device));
  return { kind: 'admitted', tenant: 'acme', device, key };
}

function release(moduleId: number): OfferedRelease {
  const hashes = { sha256: 'a'.repeat(64), sha1: 'b'.repeat(40), md5: 'c'.repeat(32) };
  const artifacts = [{ fileName: 'fw.swu', size: 10, ...hashes }];
  const chunk = { moduleId, part: 'os', name: 'gateway', version: '1.0.0', artifacts };
  return { chunk, createdAt: new Map([['fw.swu', new Date(0)]]) };
}

/** Only the action 7 of device `a` is there. */
function filesWith(lookedUp: string[]): OfferedFiles {
  return new OfferedFiles(({ device }, actionId) => {
    lookedUp.push(`${device}/${actionId}`);
    return Promise.resolve(device === 'a' && actionId === 7 ? release(7) : undefined);
  });
}

const file = { moduleId: 7, fileName: 'fw.swu' };

describe('the files of actions', () => {
  test('are looked up once a minute, however many ranges are asked for, also when the clock steps back', async () => {
    const lookedUp: string[] = [];
    const files = filesWith(lookedUp);
    const first = await files.find(admitted('a'), file, 100_000);
    expect(first).toMatchObject({ fileName: 'fw.swu', size: 10, createdAt: new Date(0) });
    for (let ms = 0; ms < 60_000; ms += 1_000) expect(await files.find(admitted('a'), file, 100_000 + ms)).toBe(first);
    expect(lookedUp).toEqual(['a/7']);
    await files.find(admitted('a'), file, 160_000);
    await files.find(admitted('a'), file, 1_000);
    expect(lookedUp).toHaveLength(3);
  });

  test('are of the device that was offered them alone, and what is not there is looked up each time', async () => {
    const lookedUp: string[] = [];
    const files = filesWith(lookedUp);
    await files.find(admitted('a'), file, 0);
    for (let nth = 0; nth < 2; nth += 1) {
      expect(await files.find(admitted('b'), file, 0)).toBeUndefined();
      expect(await files.find(admitted('a'), { moduleId: 8, fileName: 'fw.swu' }, 0)).toBeUndefined();
      expect(await files.find(admitted('a'), { moduleId: 7, fileName: 'other.swu' }, 0)).toBeUndefined();
    }
    expect(lookedUp).toEqual(['a/7', 'b/7', 'a/8', 'a/7', 'b/7', 'a/8', 'a/7']);
  });

  test('are remembered of so many devices and no more', async () => {
    let lookUps = 0;
    const files = new OfferedFiles((_of, actionId) => {
      lookUps += 1;
      return Promise.resolve(release(actionId));
    });
    for (let nth = 0; nth < 5_000; nth += 1) await files.find(admitted(`d${nth}`), file, 0);
    await files.find(admitted('d4999'), file, 0);
    expect(lookUps).toBe(5_000);
    await files.find(admitted('d0'), file, 0);
    expect(lookUps).toBe(5_001);
  });
});
