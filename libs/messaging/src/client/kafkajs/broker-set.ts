import Broker from 'kafkajs/src/broker/index.js';
import connectionPoolBuilder from 'kafkajs/src/cluster/connectionPoolBuilder.js';
import socketFactory from 'kafkajs/src/network/socketFactory.js';
import apiKeys from 'kafkajs/src/protocol/requests/apiKeys.js';
import protocol from 'kafkajs/src/protocol/requests/index.js';
import type { KafkaSettings, MessagingLogger } from '../../settings.js';
import { BrokerFault } from '../port.js';
import { faultOf } from './broker-fault.js';
import {
  createKafkaJs,
  defaultConnectionTimeoutMs,
  defaultRequestTimeoutMs,
  tlsOptions,
} from './connection-options.js';

interface MetadataAnswer {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly topicErrorCode: number;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

type ApiName = 'Produce' | 'Fetch' | 'ListOffsets' | 'Metadata' | 'InitProducerId';

function leadersIn(answer: MetadataAnswer): ReadonlyMap<string, readonly number[]> {
  const led = new Map<string, readonly number[]>();
  for (const { topic, topicErrorCode, partitionMetadata } of answer.topicMetadata) {
    if (topicErrorCode !== 0) continue;
    const leaders = new Array<number>(partitionMetadata.length).fill(-1);
    for (const { partitionId, leader } of partitionMetadata) leaders[partitionId] = leader;
    led.set(topic, leaders);
  }
  return led;
}

/** Connections to the brokers of a cluster and who leads what, on kafkajs's protocol layer. One attempt per call. */
export class BrokerSet {
  private readonly brokers = new Map<number, Broker>();
  private readonly leadersOf = new Map<string, readonly number[]>();
  private readonly pools: ReturnType<typeof connectionPoolBuilder>;
  private readonly logger: ConstructorParameters<typeof Broker>[0]['logger'];
  private seed: Broker | undefined;
  private closed = false;

  constructor(
    private readonly settings: KafkaSettings,
    logger: MessagingLogger | undefined,
  ) {
    this.logger = createKafkaJs(settings, logger, 0).logger() as unknown as typeof this.logger;
    this.pools = connectionPoolBuilder({
      logger: this.logger,
      socketFactory: socketFactory(),
      brokers: [...settings.brokers],
      ssl: tlsOptions(settings),
      sasl: settings.sasl,
      clientId: settings.clientId,
      requestTimeout: settings.requestTimeoutMs ?? defaultRequestTimeoutMs,
      enforceRequestTimeout: true,
      connectionTimeout: settings.connectionTimeoutMs ?? defaultConnectionTimeoutMs,
      maxInFlightRequests: null,
      reauthenticationThreshold: 10_000,
    });
  }

  /** Leader of each partition, -1 where there is none; undefined for a topic never heard of. */
  leaders(topic: string): readonly number[] | undefined {
    return this.leadersOf.get(topic);
  }

  addressOf(nodeId: number): { readonly host: string; readonly port: number } | undefined {
    return this.brokers.get(nodeId)?.connectionPool;
  }

  /** Asks for the given topics, or for all. @throws BrokerFault */
  async refresh(topics: readonly string[] = []): Promise<void> {
    const answer = (await this.callAny('Metadata', { topics, allowAutoTopicCreation: false })) as MetadataAnswer;
    for (const { nodeId, host, port } of answer.brokers) await this.know(nodeId, host, port);
    for (const { topic, topicErrorCode } of answer.topicMetadata) {
      if (topicErrorCode !== 0) this.leadersOf.delete(topic);
    }
    for (const [topic, leaders] of leadersIn(answer)) this.leadersOf.set(topic, leaders);
  }

  /** The brokers that the last refresh named and those before. */
  nodes(): number[] {
    return [...this.brokers.keys()];
  }

  /** Leader of each partition as this one broker knows it, -1 where there is none; topics that it does not know are left out. @throws BrokerFault */
  async leadersAt(nodeId: number, topics: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const answer = await this.call(nodeId, 'Metadata', { topics, allowAutoTopicCreation: false });
    return leadersIn(answer as MetadataAnswer);
  }

  /** One request to one broker; the answer is handed out with whatever error codes it carries. @throws BrokerFault */
  async call(nodeId: number, api: ApiName, args: object): Promise<unknown> {
    const broker = this.brokers.get(nodeId);
    if (broker === undefined) throw new BrokerFault('not-leader', `broker ${nodeId} is not known`);
    return this.send(broker, api, args);
  }

  /** The same to any broker that answers. @throws BrokerFault */
  async callAny(api: ApiName, args: object): Promise<unknown> {
    const connected = [...this.brokers.values()].find((broker) => broker.isConnected());
    const candidates = [connected, this.seed, ...this.brokers.values()].filter((broker) => broker !== undefined);
    let last: unknown;
    for (const broker of new Set(candidates)) {
      try {
        return await this.send(broker, api, args);
      } catch (error) {
        last = error;
      }
    }
    for (let attempt = 0; attempt < this.settings.brokers.length; attempt++) {
      try {
        await this.seed?.disconnect();
        this.seed = await this.brokerAt(undefined, undefined);
        return await this.send(this.seed, api, args);
      } catch (error) {
        last = error;
      }
    }
    throw faultOf(last);
  }

  async close(): Promise<void> {
    this.closed = true;
    const all = [...this.brokers.values(), ...(this.seed ? [this.seed] : [])];
    this.brokers.clear();
    this.seed = undefined;
    await Promise.allSettled(all.map((broker) => broker.disconnect()));
  }

  private async know(nodeId: number, host: string, port: number): Promise<void> {
    const known = this.brokers.get(nodeId);
    if (known && known.connectionPool.host === host && known.connectionPool.port === port) return;
    this.brokers.set(nodeId, await this.brokerAt(nodeId, { host, port }));
    await known?.disconnect();
  }

  private async brokerAt(nodeId: number | undefined, to: { host: string; port: number } | undefined): Promise<Broker> {
    return new Broker({
      connectionPool: await this.pools.build(to),
      logger: this.logger,
      allowAutoTopicCreation: false,
      ...(nodeId === undefined ? {} : { nodeId }),
    });
  }

  private async send(broker: Broker, api: ApiName, args: object): Promise<unknown> {
    if (this.closed) throw new BrokerFault('unavailable', 'the connection is closed');
    try {
      if (!broker.isConnected()) await broker.connect();
      const key = apiKeys[api] as number;
      const { request, response, requestTimeout } = broker.lookupRequest(key, protocol.requests[api])(args);
      return await broker.connectionPool.send({
        request,
        ...(requestTimeout === undefined ? {} : { requestTimeout }),
        // Errors stay in the answer: one failed partition must not hide what happened to the others.
        response: { decode: response.decode, parse: (data: unknown) => Promise.resolve(data) },
      });
    } catch (error) {
      const fault = faultOf(error);
      if (fault.kind === 'unavailable') await broker.disconnect().catch(() => undefined);
      throw fault;
    }
  }
}
