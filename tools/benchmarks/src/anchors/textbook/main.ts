import 'reflect-metadata';
import { Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Kafka, logLevel } from 'kafkajs';
import { DataSource } from 'typeorm';
import { serveProgram } from '../../harness/program.js';
import { MeasurementEntity } from './measurement.entity.js';
import { MeasurementsController, textbookTopic } from './measurements.controller.js';

interface Places {
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
}

let app: NestFastifyApplication | undefined;
let database: DataSource;

/** The whole stack in one process, which is kind to it: no second runtime, and Fastify instead of Nest's default. */
async function start({ brokers, databaseUrl }: Places): Promise<number> {
  const client = { clientId: 'textbook', brokers: [...brokers], logLevel: logLevel.NOTHING };
  await createTopic(new Kafka(client));
  database = new DataSource({ type: 'postgres', url: databaseUrl, entities: [MeasurementEntity], synchronize: true });
  await database.initialize();
  const options = { client, consumer: { groupId: 'textbook' } };

  @Module({
    imports: [ClientsModule.register([{ name: 'KAFKA', transport: Transport.KAFKA, options }])],
    controllers: [MeasurementsController],
    providers: [{ provide: DataSource, useValue: database }],
  })
  class TextbookModule {}

  app = await NestFactory.create<NestFastifyApplication>(TextbookModule, new FastifyAdapter(), { logger: false });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
  app.connectMicroservice<MicroserviceOptions>(
    { transport: Transport.KAFKA, options: { ...options, subscribe: { fromBeginning: true } } },
    { inheritAppConfig: false },
  );
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return Number(new URL(await app.getUrl()).port);
}

/** As many partitions as Myelin's telemetry topic. */
async function createTopic(kafka: Kafka): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: textbookTopic, numPartitions: 24, replicationFactor: 1 }] });
  await admin.disconnect();
}

serveProgram(
  {
    start,
    // Ids come from a sequence that nothing else uses: no count over the table, which would cost the database.
    stored: async () => {
      const rows: { n: string }[] = await database.query(
        `SELECT coalesce(pg_sequence_last_value('textbook_measurement_id_seq'), 0) AS n`,
      );
      return Number(rows[0]?.n);
    },
  },
  async () => {
    await app?.close();
    await database?.destroy();
  },
);
