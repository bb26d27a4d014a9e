export { type CrashStep, type MemberConfig } from './config.js';
export { type ConsumerApp, consumeBatches, consumeEach, consumeStored, fastTimes } from './consumer-app.js';
export { type Noted, note, notedEvent } from './noted-event.js';
export { quietLogger, recordedMessages } from './quiet-logger.js';
export { historyOf, readAll } from './history.js';
