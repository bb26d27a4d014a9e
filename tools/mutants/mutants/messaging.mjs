import { mutant } from '../mutant.mjs';

const each = 'libs/messaging/src/consuming/stretch-processor.ts';
const integration = (file, name) => ({ project: 'libs/messaging/integration', file: `test/${file}`, name });
const unit = (file, name) => ({ project: 'libs/messaging', file: `src/${file}`, name });

export const messagingMutants = [
  mutant({
    name: 'commit-before-handling',
    promise: 'an offset is committed only for what was processed or parked',
    file: each,
    edits: [
      [
        'if (!done) await this.processOne(record, worker);',
        'worker.advance(next);\n      if (!done) await this.processOne(record, worker);',
      ],
    ],
    suite: integration('crash-steps.it.ts'),
  }),
  mutant({
    name: 'commit-over-a-gap',
    promise: 'a position never passes a record that is still being worked on',
    file: 'libs/messaging/src/consuming/prefix-tracker.ts',
    edits: [
      [
        'while (this.prefix < this.done.length && this.done[this.prefix]) this.prefix += 1;',
        'this.prefix = Math.max(this.prefix, index + 1);',
      ],
    ],
    suite: unit('consuming/prefix-tracker.spec.ts'),
  }),
  mutant({
    name: 'keys-out-of-order',
    promise: 'records of one key are handled one after the other, in their order',
    file: 'libs/messaging/src/consuming/key-ordered.ts',
    edits: [['const key = options.keyOf(item);', 'const key = String(index);']],
    suite: unit('consuming/key-ordered.spec.ts'),
  }),
  mutant({
    name: 'retry-reorders',
    promise: 'a batch that is sent again comes before everything that was appended later',
    file: 'libs/messaging/src/publishing/partition-lane.ts',
    edits: [['this.waiting.unshift(this.out);', 'this.waiting.push(this.out);']],
    suite: unit('publishing/batching-publisher.spec.ts'),
  }),
  mutant({
    name: 'retry-doubles',
    promise: 'a batch that is sent again is recognised by the broker and written once',
    file: 'libs/messaging/src/publishing/batching-publisher.ts',
    edits: [
      [
        'partition.sequence = (partition.sequence + batch.records.length) % sequences;\n',
        'partition.sequence = (partition.sequence + batch.records.length + 1) % sequences;\n',
      ],
    ],
    suite: unit('publishing/batching-publisher.spec.ts'),
  }),
  mutant({
    name: 'acknowledged-without-an-answer',
    promise: 'a record is settled as written only when the broker says so',
    file: 'libs/messaging/src/publishing/batching-publisher.ts',
    edits: [['answers = shipments.map(() => fault);', 'answers = shipments.map(() => (fault, undefined));']],
    suite: unit('publishing/batching-publisher.spec.ts'),
  }),
  mutant({
    name: 'dead-letter-swallowed',
    promise: 'what cannot be processed is in the dead letters before anything behind it is committed',
    file: each,
    edits: [
      [
        'const parked = await this.deadLetters.park(place, record, reason, worker.signal);',
        'const parked = place !== undefined && reason !== undefined;',
      ],
    ],
    suite: integration('dead-letters.it.ts'),
  }),
  mutant({
    name: 'halted-key-goes-on',
    promise: 'a poison record halts its key where the contract says so',
    file: each,
    edits: [["=== 'halt-key') this.halted.halt(view);", "=== 'park') this.halted.halt(view);"]],
    suite: integration('dead-letters.it.ts'),
  }),
  mutant({
    name: 'transient-failure-parked',
    promise: 'a passing failure is tried again, never parked',
    file: each,
    edits: [['if (!isTransient(outcome.error)) return outcome.error;', 'return outcome.error;']],
    suite: integration('dead-letters.it.ts'),
  }),
  mutant({
    name: 'out-of-range-jumps',
    promise: 'a position that left the topic halts the partition with a named error',
    file: 'libs/messaging/src/consuming/group-runner.ts',
    edits: [['    this.workerAt(at)?.halt(error);\n', '']],
    suite: integration('positions.it.ts'),
  }),
  mutant({
    name: 'stored-position-ignored',
    promise: 'a stored position wins over the offset of the group',
    file: 'libs/messaging/src/consuming/group-runner.ts',
    edits: [['if (position !== undefined) membership.seek(wire, position);', '']],
    suite: integration('positions.it.ts'),
  }),
  mutant({
    name: 'trace-header-dropped',
    promise: 'an event carries the trace of the request that caused it',
    file: 'libs/messaging/src/encoding/encode-event.ts',
    edits: [['  injectTraceHeaders(headers);\n', '']],
    suite: integration('tracing.it.ts'),
  }),
  mutant({
    name: 'handler-outside-of-the-trace',
    promise: 'what a handler does belongs to the trace of its record',
    file: 'libs/messaging/src/tracing/in-trace-of.ts',
    edits: [
      [
        'context.with(own ?? context.active(), work)',
        'context.with(own === undefined ? context.active() : context.active(), work)',
      ],
    ],
    suite: integration('tracing.it.ts'),
  }),
  mutant({
    name: 'tombstone-ignored',
    promise: 'a tombstone reaches every reader of the table',
    file: 'libs/messaging/src/table/table-state.ts',
    edits: [
      [
        'this.options.onRecord(key, payload, version);',
        'if (payload !== null) this.options.onRecord(key, payload, version);',
      ],
    ],
    suite: unit('table/table-state.spec.ts'),
  }),
  mutant({
    name: 'older-state-wins',
    promise: 'a table never goes back to an older version of an entity',
    file: 'libs/messaging/src/table/table-state.ts',
    edits: [['if (seen !== undefined && seen >= version) {', 'if (seen !== undefined && seen === version) {']],
    suite: unit('table/table-state.spec.ts'),
  }),
];
