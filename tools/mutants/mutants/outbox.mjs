import { mutant } from '../mutant.mjs';

const suite = (file) => ({ project: 'libs/outbox', file: `test/${file}` });

export const outboxMutants = [
  mutant({
    name: 'outbox-publishes-again',
    promise: 'an acknowledged record leaves the outbox and is not published again',
    file: 'libs/outbox/src/batch-publisher.ts',
    edits: [['      await this.table.remove(batch);\n', '']],
    suite: suite('outbox.it.ts'),
  }),
  mutant({
    name: 'outbox-removed-before-published',
    promise: 'a record leaves the outbox only after the brokers have acknowledged it',
    file: 'libs/outbox/src/batch-publisher.ts',
    edits: [
      [
        '      await this.send(batch);\n      await this.table.remove(batch);\n',
        '      await this.table.remove(batch);\n      await this.send(batch);\n',
      ],
    ],
    suite: suite('outbox.it.ts'),
  }),
  mutant({
    name: 'refused-is-overtaken',
    promise: 'nothing overtakes a refused record under its key',
    file: 'libs/messaging/src/publishing/create-record-publisher.ts',
    edits: [['refusedHoldsKey: true', 'refusedHoldsKey: false']],
    suite: { project: 'libs/messaging', file: 'test/publish-and-administer.it.ts' },
  }),
  mutant({
    name: 'dated-by-a-wrong-clock',
    promise: 'a record whose writer had a clock that was hours ahead is published at once',
    file: 'libs/outbox/src/outbox-table.ts',
    edits: [['LEAST(timestamp_ms, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)', 'timestamp_ms']],
    suite: suite('outbox-kafka.it.ts'),
  }),
  mutant({
    name: 'two-relays-at-once',
    promise: 'one relay publishes at a time',
    file: 'libs/outbox/src/outbox-table.ts',
    edits: [['return row?.locked === true;', 'return row !== undefined;']],
    suite: suite('outbox.it.ts'),
  }),
  mutant({
    name: 'event-without-its-state',
    promise: 'an event is published only if the transaction of its state commits',
    file: 'libs/outbox/src/write-to-outbox.ts',
    edits: [
      [
        '    for (const chunk of chunks(records)) await insert(tx, schema, chunk);',
        '    for (const chunk of chunks(records)) await insert(tx.dataSource.manager, schema, chunk);',
      ],
    ],
    suite: suite('outbox.it.ts'),
  }),
  mutant({
    name: 'outbox-without-a-transaction',
    promise: 'an event cannot be written without a transaction',
    file: 'libs/outbox/src/write-to-outbox.ts',
    edits: [
      ['if (tx.queryRunner?.isTransactionActive !== true) {', 'if (tx.queryRunner?.isTransactionActive === null) {'],
    ],
    suite: suite('outbox.it.ts'),
  }),
];
