import { mutant } from '../mutant.mjs';

const telemetry = (file, name) => ({ project: 'apps/telemetry', file, name });
const handler = 'apps/telemetry/src/features/store-measurements/store-measurements.handler.ts';
const positions = 'apps/telemetry/src/persistence/position.repository.ts';
const plan = 'apps/telemetry/src/domain/plan-batch.ts';
const writer = 'apps/telemetry/src/persistence/measurement.writer.ts';

export const telemetryMutants = [
  mutant({
    name: 'position-outside-of-the-transaction',
    promise: 'rows and the position that covers them are stored together or not at all',
    file: handler,
    edits: [
      ["    await client.query('BEGIN');\n    const openHours", '    const openHours'],
      ['    await writePlan(client, plan', "    await client.query('BEGIN');\n    await writePlan(client, plan"],
    ],
    suite: telemetry('test/killed.it.ts'),
  }),
  mutant({
    name: 'commit-before-store',
    promise: 'a batch is done only when its rows are stored',
    file: handler,
    edits: [
      ['    await writePlan(client, plan', "    await client.query('COMMIT');\n    await writePlan(client, plan"],
      ["    assertNoneAborted(works);\n    await client.query('COMMIT');\n", ''],
    ],
    suite: telemetry('test/killed.it.ts'),
  }),
  mutant({
    name: 'position-not-compared',
    promise: 'a writer whose position is behind cannot write',
    file: positions,
    edits: [['AND p.next_offset IS NOT DISTINCT FROM move.from_offset', '']],
    suite: telemetry('test/position-fencing.it.ts'),
  }),
  mutant({
    name: 'owner-not-compared',
    promise: 'a member that was replaced cannot write, even if nothing has moved since',
    file: positions,
    edits: [['AND p.owner = $1', 'AND $1::uuid IS NOT NULL']],
    suite: telemetry('test/position-fencing.it.ts'),
  }),
  mutant({
    name: 'group-fails-together',
    promise: 'a batch that shares a transaction fails for its own reasons only',
    file: 'apps/telemetry/src/features/store-measurements/group-commit.ts',
    edits: [['if (group.length === 1 || this.concernsAll(error)) for', 'if (group.length > 0) for']],
    suite: telemetry('test/position-fencing.it.ts'),
  }),
  mutant({
    name: 'copies-stored-again',
    promise: 'a measurement that comes again is stored once and counted',
    file: plan,
    edits: [
      ['const entry = moments.find(measurement);', 'const entry = moments.find({ ...measurement, fingerprint: "" });'],
    ],
    suite: telemetry('src/domain/plan-batch.spec.ts'),
  }),
  mutant({
    name: 'conflicts-not-counted',
    promise: 'values that contradict each other are counted, whatever the order',
    file: plan,
    edits: [['count.conflicts += conflicts;', '']],
    suite: telemetry('src/domain/plan-batch.spec.ts'),
  }),
  mutant({
    name: 'last-arrival-is-latest',
    promise: 'the latest value is the one with the latest device time',
    file: writer,
    edits: [
      [
        'WHERE (EXCLUDED.ts, EXCLUDED.seq, EXCLUDED.fingerprint) > (l.ts, l.seq, l.fingerprint)',
        'WHERE EXCLUDED.ts IS NOT NULL',
      ],
    ],
    suite: telemetry('test/any-order.it.ts'),
  }),
  mutant({
    name: 'receive-time-of-the-last-copy',
    promise: 'a row ends the same whichever of its copies came first',
    file: writer,
    edits: [['received_at = least(m.received_at,', 'received_at = greatest(m.received_at,']],
    suite: telemetry('test/any-order.it.ts'),
  }),
  mutant({
    name: 'winner-by-lower-seq',
    promise: 'of two values of one time every reader sees the one of the higher seq',
    file: 'apps/telemetry/src/domain/measurement.ts',
    edits: [['(left.seq ?? -1) - (right.seq ?? -1)', '(right.seq ?? -1) - (left.seq ?? -1)']],
    suite: telemetry('test/any-order.it.ts'),
  }),
  mutant({
    name: 'wrong-tenant-filter',
    promise: 'an operator of one tenant never reads measurements of another',
    file: 'apps/telemetry/src/persistence/device.repository.ts',
    edits: [['FROM device WHERE tenant = $1 AND device', 'FROM device WHERE $1::text IS NOT NULL AND device']],
    suite: telemetry('test/tenancy.it.ts'),
  }),
  mutant({
    name: 'data-fault-halts',
    promise: 'a lacking right or table never parks a record: the partition waits',
    file: 'apps/telemetry/src/features/store-measurements/database-failure.ts',
    edits: [["if (state === undefined || state.startsWith('22')) return translated;", 'return translated;']],
    suite: telemetry('test/consume.it.ts'),
  }),
  mutant({
    name: 'late-values-filtered',
    promise: 'what came late is kept, and which values are kept does not depend on it',
    file: 'apps/telemetry/src/domain/filters.ts',
    edits: [['onTime && Object.hasOwn(values, metric)', 'Object.hasOwn(values, metric)']],
    suite: telemetry('src/domain/filters.spec.ts'),
  }),
  mutant({
    name: 'filtered-before-the-lateness',
    promise: 'an hour waits for its lateness before anything of it is discarded',
    file: 'apps/telemetry/src/domain/filter-hours.ts',
    edits: [
      [
        'return hourOf(receivedUntilMs - latenessMs - graceMs);',
        'return hourOf(receivedUntilMs - graceMs + 0 * latenessMs);',
      ],
    ],
    suite: telemetry('src/domain/filter-hours.spec.ts'),
  }),
  mutant({
    name: 'copies-of-discarded-stored',
    promise: 'a copy of a discarded measurement is a copy',
    file: 'apps/telemetry/src/persistence/discard.writer.ts',
    edits: [
      [
        `UPDATE measurement m SET "values" = m."values" - string_to_array(discarded.metrics, ',')\n  FROM unnest(`,
        'DELETE FROM measurement m USING unnest(',
      ],
    ],
    suite: telemetry('test/filters.it.ts'),
  }),
  mutant({
    name: 'losers-rolled-up',
    promise: 'of several values at one moment a dense hour counts the one that wins',
    file: 'apps/telemetry/src/persistence/dense-hour.repository.ts',
    edits: [['if (metric.lastMs === ms) {', 'if (metric.lastMs === ms && text === "") {']],
    suite: telemetry('test/rollups.it.ts'),
  }),
];
