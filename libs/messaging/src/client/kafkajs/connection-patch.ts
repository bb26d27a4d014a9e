import Connection from 'kafkajs/src/network/connection.js';

/**
 * kafkajs 2.2.4 reuses a connection object after its socket died and keeps the half answer that it had received by
 * then: the first answer on the new socket is read as the rest of the old one. A new socket starts with nothing.
 */
const patched = Symbol.for('myelin.messaging.connection-patched');

/** The length field that precedes every answer. */
const int32Bytes = 4;

export function patchConnection(): void {
  const prototype = Connection.prototype as Connection & { [patched]?: true };
  if (prototype[patched]) return;
  const connect = prototype.connect;
  prototype.connect = function (this: Connection): Promise<unknown> {
    if (!this.isConnected()) {
      this.chunks = [];
      this.bytesBuffered = 0;
      this.bytesNeeded = int32Bytes;
    }
    return connect.call(this);
  };
  prototype[patched] = true;
}
