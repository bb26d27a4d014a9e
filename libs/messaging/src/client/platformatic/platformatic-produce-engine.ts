import { Connection, type ConnectionOptions, Writer, produceV11 } from '@platformatic/kafka';
import type { KafkaSettings, MessagingLogger } from '../../settings.js';
import { BrokerSet } from '../kafkajs/broker-set.js';
import { tlsOptions } from '../kafkajs/connection-options.js';
import { BrokerFault, type ProduceBatch, type ProduceEngine, type ProducerIdentity } from '../port.js';
import { encodeRecordBatch } from './record-batch.js';
import { newProducerId } from '../kafkajs/new-producer-id.js';
import { produceOutcomes } from '../kafkajs/produce-outcomes.js';

type ProduceResponse = ReturnType<typeof produceV11.parseResponse>;

const acksOfAll = -1;

/**
 * Produce requests over @platformatic/kafka's connections, with record batches by our own encoder: a fifth of what
 * kafkajs's way costs. Everything that is rare (leaders, producer ids) goes the common way.
 */
export class PlatformaticProduceEngine implements ProduceEngine {
  readonly name = 'platformatic';
  private readonly brokers: BrokerSet;
  private readonly connections = new Map<string, Connection>();
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
    const answer = await this.send(leader, () => produceRequest(batches, producer, this.requestTimeoutMs));
    const answered = answer.responses.flatMap(({ name: topic, partitionResponses }) =>
      partitionResponses.map(({ index: partition, errorCode }) => ({ topic, partition, errorCode })),
    );
    return produceOutcomes(batches, answered);
  }

  async close(): Promise<void> {
    const open = [...this.connections.values()];
    this.connections.clear();
    await Promise.allSettled([this.brokers.close(), ...open.map((connection) => connection.close())]);
  }

  private async send(leader: number, request: () => Writer): Promise<ProduceResponse> {
    const address = this.brokers.addressOf(leader);
    if (address === undefined) throw new BrokerFault('not-leader', `broker ${leader} is not known`);
    try {
      const connection = await this.connectionTo(address);
      return await new Promise<ProduceResponse>((resolve, reject) => {
        const { key, version } = produceV11.api;
        connection.send<ProduceResponse>(
          key,
          version,
          request,
          produceV11.parseResponse,
          true,
          true,
          (error, response) => {
            if (error) reject(error);
            else resolve(response as ProduceResponse);
          },
        );
      });
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
}

/** Produce v11 with our own record batches: kafka.apache.org/protocol, "Produce API". */
function produceRequest(batches: readonly ProduceBatch[], producer: ProducerIdentity, timeoutMs: number): Writer {
  const byTopic = Map.groupBy(batches, ({ topic }) => topic);
  return Writer.create()
    .appendString(null)
    .appendInt16(acksOfAll)
    .appendInt32(timeoutMs)
    .appendArray([...byTopic], (topics, [topic, partitions]) => {
      topics.appendString(topic).appendArray(partitions, (writer, batch) => {
        const bytes = encodeRecordBatch(batch, producer);
        writer
          .appendInt32(batch.partition)
          .appendUnsignedVarInt(bytes.length + 1)
          .append(bytes);
      });
    })
    .appendTaggedFields();
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
