import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/**
 * kafkajs 2.2.4 re-arms its throttle check after every answer, also when it is not throttled and nothing waits: the
 * delay is then negative, so each connection wakes about every millisecond for ever, and Node 24 warns of a negative
 * timeout. With nothing pending there is nothing to check: `push` schedules again when a request has to wait.
 */
const patched = Symbol.for('myelin.messaging.request-queue-patched');

export function patchRequestQueue(): void {
  const prototype = RequestQueue.prototype as RequestQueue & { [patched]?: true };
  if (prototype[patched]) return;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
  prototype[patched] = true;
}
