import { Writable } from 'node:stream';
import pretty from 'pino-pretty';

/** A stream that turns JSON lines into readable ones; used on a terminal only. */
export function pinoPretty(destination: { write(line: string): void }): NodeJS.WritableStream {
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      destination.write(chunk.toString());
      done();
    },
  });
  return pretty({ destination: sink, colorize: true, ignore: 'pid,hostname', singleLine: true, sync: true });
}
