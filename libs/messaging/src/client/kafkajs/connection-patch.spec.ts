import { describe, expect, test } from '@jest/globals';
import Connection from 'kafkajs/src/network/connection.js';
import { patchConnection } from './connection-patch.js';

patchConnection();

describe('faults of kafkajs that are known', () => {
  test('a socket that died in the middle of an answer leaves nothing of it to the next socket', async () => {
    const prototype = Connection.prototype;
    const half = Buffer.from([0, 0, 1, 0, 42]);
    const connection = Object.assign(Object.create(prototype) as Connection, {
      chunks: [half],
      bytesBuffered: half.length,
      bytesNeeded: 260,
      isConnected: () => false,
      logDebug: () => undefined,
      logError: () => undefined,
      rejectRequests: () => undefined,
      disconnect: () => Promise.resolve(),
      connectionTimeout: 1,
      socketFactory: () => {
        throw new Error('no socket in this test');
      },
    });
    await expect(connection.connect()).rejects.toThrow('no socket in this test');
    expect(connection).toMatchObject({ chunks: [], bytesBuffered: 0, bytesNeeded: 4 });
  });
});
