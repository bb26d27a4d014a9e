import { Connection, type ConnectionOptions, type MessageRecord, NumericMap, produceV11 } from '@platformatic/kafka';
import type { KafkaSettings, MessagingLogger } from '../../settings.js';
import { faultOfCode } from '../kafkajs/broker-fault.js';
import { BrokerSet } from '../kafkajs/broker-set.js';
import { tlsOptions } from '../kafkajs/connection-options.js';
import { BrokerFault, type ProduceBatch, type ProduceEngine, type ProducerIdentity, type WireRecord } from '../port.js';
import { newProducerId } from '../kafkajs/new-producer-id.js';

type ProduceResponse = Exclude<Awaited<ReturnType<typeof produceV11.api.async>>, boolean>;

/**
 * Produce requests by @platformatic/kafka's encoder, which costs about half of kafkajs's. Everything that is rare
 * (leaders, producer ids) goes the common way.
 */
export class PlatformaticProduceEngine implements ProduceEngine {
  readonly name = 'platformatic';
  private readonly brokers: BrokerSet;
  private readonly connections = new Map<string, Connection>();
  private readonly headerNames = new Map<string, Buffer>();
  private readonly requestTimeoutMs: number;

  constructor(
    private readonly settings: KafkaSettings,
    logger: MessagingLogger | undefined,
  ) {
    this.brokers = new BrokerSet(settings, logger);
    this.requestTimeoutMs = settings.requestTimeoutMs ?? 30_000;
  }

  connect(): Promise<void> {
    return this.brokers.refresh();
  }

  leaders(topic: string): readonly number[] | undefined {
    return this.brokers.leaders(topic);
  }

  refresh(topics?: readonly string[]): Promise<void> {
    return this.brokers.refresh(topics);
  }

  newProducer(): Promise<ProducerIdentity> {
    return newProducerId(this.brokers);
  }

  async produce(
    leader: number,
    producer: ProducerIdentity,
    batches: readonly ProduceBatch[],
  ): Promise<readonly (BrokerFault | undefined)[]> {
    const sequences = new NumericMap();
    const messages: MessageRecord[] = [];
    for (const { topic, partition, firstSequence, records } of batches) {
      sequences.set(`${topic}:${partition}`, firstSequence);
      for (const record of records) messages.push(this.messageOf(topic, partition, record));
    }
    const answer = await this.send(leader, messages, {
      producerId: BigInt(producer.id),
      producerEpoch: producer.epoch,
      sequences,
    });
    const codes = new Map<string, number>();
    for (const { name, partitionResponses } of answer.responses) {
      for (const { index, errorCode } of partitionResponses) codes.set(`${name}/${index}`, errorCode);
    }
    return batches.map(({ topic, partition }) => {
      const code = codes.get(`${topic}/${partition}`);
      return code === undefined ? new BrokerFault('unavailable', 'no answer for the partition') : faultOfCode(code);
    });
  }

  async close(): Promise<void> {
    const open = [...this.connections.values()];
    this.connections.clear();
    await Promise.allSettled([this.brokers.close(), ...open.map((connection) => connection.close())]);
  }

  private async send(
    leader: number,
    messages: MessageRecord[],
    options: Parameters<typeof produceV11.api.async>[4],
  ): Promise<ProduceResponse> {
    const address = this.brokers.addressOf(leader);
    if (address === undefined) throw new BrokerFault('not-leader', `broker ${leader} is not known`);
    try {
      const connection = await this.connectionTo(address);
      return (await produceV11.api.async(connection, -1, this.requestTimeoutMs, messages, options)) as ProduceResponse;
    } catch (error) {
      // An answer with error codes arrives as an exception that carries the answer.
      const { response } = error as { response?: ProduceResponse };
      if (response?.responses !== undefined) return response;
      await this.drop(address);
      throw new BrokerFault('unavailable', (error as Error).message, { cause: error });
    }
  }

  private async connectionTo(address: { host: string; port: number }): Promise<Connection> {
    const place = `${address.host}:${address.port}`;
    const known = this.connections.get(place);
    if (known?.isConnected()) return known;
    const connection = new Connection(this.settings.clientId, connectionOptions(this.settings, this.requestTimeoutMs));
    // Without a listener an error between two requests would end the process.
    connection.on('error', () => undefined);
    this.connections.set(place, connection);
    await connection.connect(address.host, address.port);
    return connection;
  }

  private async drop({ host, port }: { host: string; port: number }): Promise<void> {
    const connection = this.connections.get(`${host}:${port}`);
    this.connections.delete(`${host}:${port}`);
    await connection?.close().catch(() => undefined);
  }

  private messageOf(topic: string, partition: number, record: WireRecord): MessageRecord {
    const headers = new Map<Buffer, Buffer>();
    for (const name in record.headers) {
      const value = record.headers[name] as string | Buffer;
      headers.set(this.headerName(name), typeof value === 'string' ? Buffer.from(value) : value);
    }
    return {
      topic,
      partition,
      key: typeof record.key === 'string' ? Buffer.from(record.key) : record.key,
      value: record.value as Buffer,
      headers,
      timestamp: BigInt(record.timestampMs),
    };
  }

  /** Header names are few and constant: each is encoded once. */
  private headerName(name: string): Buffer {
    let bytes = this.headerNames.get(name);
    if (bytes === undefined) {
      bytes = Buffer.from(name);
      if (this.headerNames.size < 1_000) this.headerNames.set(name, bytes);
    }
    return bytes;
  }
}

function connectionOptions(settings: KafkaSettings, requestTimeoutMs: number): ConnectionOptions {
  const tls = tlsOptions(settings);
  return {
    connectTimeout: settings.connectionTimeoutMs ?? 3_000,
    requestTimeout: requestTimeoutMs,
    ...(tls === false ? {} : { tls: tls === true ? {} : tls }),
    ...(settings.sasl
      ? {
          sasl: {
            mechanism: settings.sasl.mechanism.toUpperCase() as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
            username: settings.sasl.username,
            password: settings.sasl.password,
          },
        }
      : {}),
  };
}
