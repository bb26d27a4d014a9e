import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { Problem } from '@myelin/service-kit';
import { maxBodyBytes } from './body-limits.js';
import { readBody } from './body-reading.js';

function reading(stream: PassThrough): Promise<{ error: Problem | null; body: Buffer | undefined; calls: number }> {
  return new Promise((resolve) => {
    let calls = 0;
    readBody(stream, (error, body) => {
      calls++;
      setImmediate(() => resolve({ error: error as Problem | null, body, calls }));
    });
  });
}

describe('reading a body', () => {
  test('gives the bytes of all its pieces', async () => {
    const stream = new PassThrough();
    const read = reading(stream);
    stream.write('{"values":');
    stream.end('{"a":1}}');
    expect((await read).body?.toString()).toBe('{"values":{"a":1}}');
  });

  test('takes 512 KiB, and drops the rest of what is larger so that the sender can finish', async () => {
    const fitting = new PassThrough();
    const read = reading(fitting);
    fitting.end(Buffer.alloc(maxBodyBytes));
    expect((await read).body?.length).toBe(maxBodyBytes);

    const larger = new PassThrough();
    const refused = reading(larger);
    for (let nth = 0; nth < 40; nth++) larger.write(Buffer.alloc(maxBodyBytes / 4));
    expect(await refused).toMatchObject({ error: { type: 'body-too-large' }, calls: 1 });
    const drained = new Promise((resolve) => larger.once('end', resolve));
    larger.end();
    await drained;
  });

  test('a body that breaks off is truncated, once', async () => {
    const stream = new PassThrough();
    const read = reading(stream);
    stream.write('{"values"');
    stream.destroy(new Error('socket hang up'));
    expect(await read).toMatchObject({ error: { type: 'body-truncated' }, calls: 1 });
  });
});
