/**
 * A process of its own that only relays: `node relay-process.mjs '<settings as JSON>'`. Says `active` when it has the
 * lock, and ends with its parent.
 */
import { createRecordPublisher } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { createDataSource } from '@myelin/persistence';

const { appUrl, schema, kafka } = JSON.parse(process.argv[2]);
const dataSource = await createDataSource({ url: appUrl, schema, applicationName: schema, poolSize: 2 }).initialize();
const relay = createOutboxRelay({
  dataSource,
  publisher: createRecordPublisher(kafka, silentLogger),
  logger: { ...silentLogger, info: (_, message) => console.log(message) },
  batchSize: 20,
  pollMs: 100,
});
process.stdin.resume().on('end', () => process.exit());
relay.start();
