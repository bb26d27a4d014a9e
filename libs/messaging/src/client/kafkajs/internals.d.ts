/** Parts of kafkajs 2.2.4 that it does not export. The version is pinned; `kafka-client.md` says why this is bearable. */
declare module 'kafkajs/src/broker/index.js' {
  export { Broker as default };
  class Broker {
    constructor(options: {
      connectionPool: ConnectionPool;
      logger: InternalLogger;
      nodeId?: number;
      versions?: unknown;
      authenticationTimeout?: number;
      allowAutoTopicCreation?: boolean;
    });
    nodeId: number | null;
    versions: unknown;
    connectionPool: ConnectionPool;
    isConnected(): boolean;
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    lookupRequest(
      apiKey: number,
      definition: unknown,
    ): (args: object) => { request: { apiKey: number }; response: InternalResponse; requestTimeout?: number };
  }
  export interface ConnectionPool {
    readonly host: string;
    readonly port: number;
    send(call: object): Promise<unknown>;
  }
  export interface InternalResponse {
    decode: (raw: Buffer) => Promise<unknown>;
    parse: (data: unknown) => Promise<unknown>;
  }
  export interface InternalLogger {
    namespace(name: string): InternalLogger;
  }
}
declare module 'kafkajs/src/cluster/connectionPoolBuilder.js' {
  import type { ConnectionPool, InternalLogger } from 'kafkajs/src/broker/index.js';
  export { connectionPoolBuilder as default };
  function connectionPoolBuilder(options: {
    logger: InternalLogger;
    socketFactory: unknown;
    brokers: string[];
    ssl: unknown;
    sasl: unknown;
    clientId: string;
    requestTimeout: number;
    enforceRequestTimeout: boolean;
    connectionTimeout: number;
    maxInFlightRequests: number | null;
    reauthenticationThreshold: number;
  }): { build(to?: { host: string; port: number; rack?: string | null }): Promise<ConnectionPool> };
}
declare module 'kafkajs/src/network/socketFactory.js' {
  export { socketFactory as default };
  function socketFactory(): unknown;
}
declare module 'kafkajs/src/network/requestQueue/index.js' {
  export { RequestQueue as default };
  class RequestQueue {
    throttledUntil: number;
    pending: unknown[];
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
  }
}
declare module 'kafkajs/src/protocol/requests/index.js' {
  const requests: { readonly requests: Readonly<Record<string, unknown>> };
  export { requests as default };
}
declare module 'kafkajs/src/protocol/requests/apiKeys.js' {
  const apiKeys: Readonly<Record<string, number>>;
  export { apiKeys as default };
}
declare module 'kafkajs/src/protocol/error.js' {
  const errors: { readonly errorCodes: readonly { code: number; type: string; retriable: boolean }[] };
  export { errors as default };
}
declare module 'kafkajs/src/consumer/consumerGroup.js' {
  export { ConsumerGroup as default };
  class ConsumerGroup {
    readonly assigners: readonly object[];
    memberId: string | null;
    /** Made anew by every join; speaks for the generation that it was made in. */
    readonly offsetManager: {
      commitOffsets(offsets: {
        topics: readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[];
      }): Promise<void>;
    } | null;
    assigned(): { topic: string; partitions: number[] }[];
    seek(position: { topic: string; partition: number; offset: string }): void;
    pause(partitions: { topic: string; partitions: number[] }[]): void;
    resume(partitions: { topic: string; partitions: number[] }[]): void;
    heartbeat(options: { interval: number }): Promise<void>;
    joinAndSync: (this: ConsumerGroup) => Promise<void>;
    recoverFromOffsetOutOfRange: (this: ConsumerGroup, error: { topic: string; partition: number }) => Promise<void>;
  }
}
declare module 'kafkajs/src/network/connection.js' {
  export { Connection as default };
  class Connection {
    chunks: Buffer[];
    bytesBuffered: number;
    bytesNeeded: number;
    isConnected(): boolean;
    connect: (this: Connection) => Promise<unknown>;
  }
}
declare module 'kafkajs/src/protocol/requests/fetch/v11/response.js' {
  const response: { decode: (raw: Buffer) => Promise<unknown>; readonly parse: (data: unknown) => Promise<unknown> };
  export { response as default };
}
