import { Kafka, logLevel } from 'kafkajs';
import { DeviceTable } from './device-table.js';
import { HeatLog } from './heat-log.js';
import { MeasurementFeed } from './measurement-feed.js';

const { KAFKA_BROKERS = '127.0.0.1:19092', KAFKA_USERNAME, KAFKA_PASSWORD, HEAT_LIMIT = '80' } = process.env;
const { CONSUMER_GROUP: group = 'plant-analytics.heat-log', HEAT_LOG: file = 'heat.ndjson' } = process.env;

const kafka = new Kafka({
  clientId: group,
  brokers: KAFKA_BROKERS.split(','),
  logLevel: logLevel.ERROR,
  ...(KAFKA_USERNAME &&
    KAFKA_PASSWORD && { sasl: { mechanism: 'plain', username: KAFKA_USERNAME, password: KAFKA_PASSWORD } }),
});

const devices = await DeviceTable.follow(kafka, group);
const log = new HeatLog(file, Number(HEAT_LIMIT), devices);
const feed = new MeasurementFeed({ kafka, group, handle: async (measurement) => log.write(measurement) });
await feed.start((error) => {
  console.error(JSON.stringify({ message: 'reading ended', reason: error.message }));
  process.exit(1);
});
console.log(JSON.stringify({ message: 'reading', group }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(
    signal,
    () =>
      void feed
        .stop()
        .then(() => devices.stop())
        .then(() => process.exit(0)),
  );
}
