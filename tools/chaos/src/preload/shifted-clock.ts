/**
 * `node --import .../shifted-clock.js`: the clock of this process goes wrong by as many milliseconds as the file named
 * by CHAOS_CLOCK_FILE says, from a tenth of a second after the file changes. The monotonic clock, and with it every
 * timer, goes on as it is: a host whose clock is set does the same.
 */
import { readFileSync } from 'node:fs';

const file = process.env['CHAOS_CLOCK_FILE'] ?? '';
const RealDate = Date;
let offsetMs = 0;

function read(): void {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    offsetMs = 0;
  }
}

read();
setInterval(read, 100).unref();

const now = (): number => RealDate.now() + offsetMs;

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (_target, args: [], newTarget) =>
    Reflect.construct(RealDate, args.length === 0 ? [now()] : args, newTarget === Date ? RealDate : newTarget) as Date,
  get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
});
