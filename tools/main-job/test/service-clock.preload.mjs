/**
 * `node --import .../service-clock.preload.mjs`: the clock by which this process decides goes ahead by as many
 * milliseconds as the file named by SERVICE_CLOCK_FILE says, a tenth of a second after it changes.
 */
import { readFileSync } from 'node:fs';

const nowMs = Date.now;
let aheadMs = 0;
setInterval(() => {
  aheadMs = Number(readFileSync(process.env.SERVICE_CLOCK_FILE, 'utf8'));
}, 100).unref();
Date.now = () => nowMs() + aheadMs;
