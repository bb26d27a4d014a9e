/**
 * `node libs/messaging/dist/dead-letters-command.js list|replay --topic <topic> --group <group> [--key <key>] [--limit <n>]`
 * Brokers from `--brokers` or KAFKA_BROKERS, namespace from `--namespace` or KAFKA_NAMESPACE. One JSON line per dead letter.
 */
import { parseArgs } from 'node:util';
import { commandEnvironment } from './config.js';
import type { DeadLetterQuery } from './dead-letters/dead-letter.js';
import { listDeadLetters, replayDeadLetters } from './dead-letters/dead-letter-desk.js';
import type { KafkaSettings } from './settings.js';

const usage =
  'usage: dead-letters list|replay --topic <topic> --group <group> [--key <key>] [--limit <n>] [--brokers a:1,b:2] [--namespace <n>]';

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      topic: { type: 'string' },
      group: { type: 'string' },
      key: { type: 'string' },
      limit: { type: 'string' },
      brokers: { type: 'string' },
      namespace: { type: 'string' },
    },
  });
  const [command] = positionals;
  const brokers = values.brokers ?? commandEnvironment().brokers;
  const { topic, group } = values;
  if (!topic || !group || !brokers || (command !== 'list' && command !== 'replay')) throw new TypeError(usage);
  const namespace = values.namespace ?? commandEnvironment().namespace;
  const settings: KafkaSettings = { brokers: brokers.split(','), clientId: 'dead-letters', namespace };
  const query: DeadLetterQuery = {
    topic,
    group,
    ...(values.key === undefined ? {} : { key: values.key }),
    ...(values.limit === undefined ? {} : { limit: Number(values.limit) }),
  };
  if (command === 'list') await list(settings, query);
  else print(await replayDeadLetters(settings, query));
}

/** Everything but the value: payloads do not belong on terminals. */
async function list(settings: KafkaSettings, query: DeadLetterQuery): Promise<void> {
  for (const { value, headers: _headers, ...letter } of await listDeadLetters(settings, query)) {
    print({ ...letter, valueBytes: value?.length ?? null });
  }
}

function print(line: object): void {
  const text = JSON.stringify(line, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
