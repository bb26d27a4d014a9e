import { mutant } from '../mutant.mjs';

const alerting = (file, name) => ({ project: 'apps/alerting', file, name });
const notifying = 'apps/alerting/src/domain/notifying';
const delivering = 'apps/alerting/src/features/deliver-notifications';
const evaluating = 'apps/alerting/src/domain/evaluation';
const interrupted = alerting('src/domain/notifying/dispatcher-any-interruption.spec.ts');

export const alertingMutants = [
  mutant({
    name: 'due-time-not-stored',
    promise: 'a dispatcher that is restored tells nothing twice',
    file: `${notifying}/groups.ts`,
    edits: [['    this.due.set(id, dueMs);\n    this.changed.add(id);', '    this.due.set(id, dueMs);']],
    suite: interrupted,
  }),
  mutant({
    name: 'notifications-of-one-name',
    promise: 'no two notifications have the same id',
    file: `${notifying}/dispatcher.ts`,
    edits: [['    group.sequence += 1;\n', '']],
    suite: interrupted,
  }),
  mutant({
    name: 'inhibition-by-what-is-over',
    promise: 'only what fires inhibits',
    file: `${notifying}/inhibitions.ts`,
    edits: [['if (endsAtMs === null || endsAtMs > nowMs) return true', 'return true']],
    suite: interrupted,
  }),
  mutant({
    name: 'expired-silence-mutes',
    promise: 'a silence mutes only while it is active',
    file: `${notifying}/silences.ts`,
    edits: [["stateOf(silence, nowMs) === 'active' && ", '']],
    suite: alerting('src/domain/notifying/silences.spec.ts'),
  }),
  mutant({
    name: 'address-not-pinned',
    promise: 'the connection of a webhook goes to the address that was checked',
    file: `${delivering}/guarded-request.ts`,
    edits: [['...{ agent: false, lookup: pinned(addresses), signal },', '...{ agent: false, signal },']],
    suite: alerting('test/webhook.it.ts'),
  }),
  mutant({
    name: 'one-public-address-is-enough',
    promise: 'a name with a private address is refused, whatever else it has',
    file: `${delivering}/address-guard.ts`,
    edits: [['!addresses.every(', '!addresses.some(']],
    suite: alerting('src/features/deliver-notifications/address-guard.spec.ts'),
  }),
  mutant({
    name: 'answer-without-end',
    promise: 'of an answer 64 KiB are read',
    file: `${delivering}/guarded-request.ts`,
    edits: [['if (bytes > maxBytes) done();', '']],
    suite: alerting('test/webhook.it.ts'),
  }),
  mutant({
    name: 'another-message-id-per-try',
    promise: 'a mail has the same message id on every try',
    file: `${delivering}/send-email.ts`,
    edits: [['messageId: `<${id}@', 'messageId: `<${Math.random()}@']],
    suite: alerting('test/email.it.ts'),
  }),
  mutant({
    name: 'record-without-claim',
    promise: 'a process that lost its lease records nothing',
    file: 'apps/alerting/src/persistence/deliveries.repository.ts',
    edits: [
      [
        "WHERE id = $1 AND claim = $2 AND state = 'pending'",
        "WHERE id = $1 AND $2::uuid IS NOT NULL AND state = 'pending'",
      ],
    ],
    suite: alerting('test/deliver-notifications.it.ts'),
  }),
  mutant({
    name: 'groups-out-of-order',
    promise: 'of a group the oldest notification goes first, the next when it has ended',
    file: 'apps/alerting/src/persistence/deliveries.repository.ts',
    edits: [
      [
        'row_number() OVER (PARTITION BY r.receiver, r."groupHash" ORDER BY r."notifiedAt", r.sequence) > 1\n           OR EXISTS',
        'false AND EXISTS',
      ],
    ],
    suite: alerting('test/deliver-notifications.it.ts'),
  }),
  mutant({
    name: 'copy-evaluated-again',
    promise: 'a reading that comes again changes nothing',
    file: `${evaluating}/reorder-buffer.ts`,
    edits: [["if (before !== undefined && isSameReading(before, reading)) return 'duplicate';", '']],
    suite: alerting('src/domain/evaluation/evaluation.spec.ts'),
  }),
  mutant({
    name: 'active-outside-of-schedule',
    promise: 'outside of its schedule a rule has no active alarm',
    file: `${evaluating}/rule-program.ts`,
    edits: [['if (!counts) {', 'if (!counts && state === undefined) {']],
    suite: alerting('src/domain/evaluation/evaluation.spec.ts'),
  }),
  mutant({
    name: 'hysteresis-forgotten',
    promise: 'an active alarm keeps its limit eased by the hysteresis',
    file: `${evaluating}/rule-program.ts`,
    edits: [['{ eased: true, counts }', '{ eased: false, counts }']],
    suite: alerting('src/domain/evaluation/evaluation.spec.ts'),
  }),
  mutant({
    name: 'silence-not-asked-about-after-restart',
    promise: 'silence that lasts is asked about when the schedule of its rule begins or ends, whatever was restarted',
    file: `${evaluating}/partition-evaluator.ts`,
    edits: [['      this.watches.noteBySchedule(placed, nth, saved.silent && rule.hasSchedule);\n', '']],
    suite: alerting('src/domain/evaluation/partition-evaluator.spec.ts'),
  }),
  mutant({
    name: 'device-lost-beside-removed-one',
    promise: 'a device is found whatever others, whose keys meet with its own, are removed',
    file: `${evaluating}/device-keys.ts`,
    edits: [['      this.table[hole] = entry;\n      hole = slot;\n', '']],
    suite: alerting('src/domain/evaluation/device-keys.spec.ts'),
  }),
  mutant({
    name: 'silence-taken-for-rest',
    promise: 'that a device is silent is remembered over a restart and a change of rules',
    file: `${evaluating}/evaluated-devices.ts`,
    edits: [
      [
        'cohort.atRest?.every((number, i) => Object.is(number, state.numbers[i])) ?? false',
        'cohort.atRest !== undefined',
      ],
    ],
    suite: alerting('src/domain/evaluation/silence-any-interruption.spec.ts'),
  }),
  mutant({
    name: 'heard-since-checkpoint-forgotten',
    promise:
      'after a restart a device is silent no sooner than its last report says, although that made nothing of it to save',
    file: `${evaluating}/partition-evaluator.ts`,
    edits: [['Math.max(program.takeHeard(state.numbers, at), sinceMs)', 'program.takeHeard(state.numbers, at)']],
    suite: alerting('src/domain/evaluation/silence-any-interruption.spec.ts'),
  }),
  mutant({
    name: 'latest-hearing-taken-for-all',
    promise: 'a rule about silence that comes between two reports delays none of the others over a restart',
    file: `${evaluating}/partition-evaluator.ts`,
    edits: [['Math.min(...absences.map(', 'Math.max(...absences.map(']],
    suite: alerting('src/domain/evaluation/silence-any-interruption.spec.ts'),
  }),
  mutant({
    name: 'replaced-device-believed',
    promise: 'a device is asked about under its latest state',
    file: 'apps/alerting/src/domain/fleet/fleet.ts',
    edits: [['if (before !== undefined) before.isReplaced = true;', '']],
    suite: alerting('src/domain/fleet/fleet.spec.ts'),
  }),
  mutant({
    name: 'rule-counts-anew',
    promise: 'versions of a rule grow over its removal',
    file: 'apps/alerting/src/persistence/rules.repository.ts',
    edits: [['1 + (removed?.version ?? 0)', '1']],
    suite: alerting('test/rules.it.ts', 'goes on above old versions'),
  }),
  mutant({
    name: 'rule-put-again-is-new',
    promise: 'a rule that is put again as it is keeps its version',
    file: 'apps/alerting/src/features/manage-rules/rules.handler.ts',
    edits: [['ifNoneMatch === undefined && isDeepStrictEqual', "ifNoneMatch === '' && isDeepStrictEqual"]],
    suite: alerting('test/rules.it.ts', 'put again as it is'),
  }),
  mutant({
    name: 'rules-counted-without-waiting',
    promise: 'many rules that are put at once are not more than a tenant may have',
    file: 'apps/alerting/src/persistence/rules.repository.ts',
    edits: [['DO UPDATE SET rules = rule_usage.rules RETURNING rules', 'DO NOTHING RETURNING rules']],
    suite: alerting('test/rules.it.ts', 'beyond what a tenant may have'),
  }),
  mutant({
    name: 'mute-device-not-met',
    promise: 'a device that never says anything is silent',
    file: 'apps/alerting/src/features/evaluate-rules/evaluate-rules.handler.ts',
    edits: [['      for (const change of changes) this.meet(this.expectedSince(change));\n', '']],
    suite: alerting('test/evaluate-rules.it.ts', 'never said anything'),
  }),
  mutant({
    name: 'rules-of-all-tenants',
    promise: 'operators of another tenant see nothing of a rule',
    file: 'apps/alerting/src/persistence/rules.repository.ts',
    edits: [['...{ tenant, rule: MoreThan(page.after) }', '...{ rule: MoreThan(page.after) }']],
    suite: alerting('test/rules.it.ts', 'of another tenant'),
  }),
  mutant({
    name: 'disabled-rule-at-work',
    promise: 'a rule that is not enabled concerns no device',
    file: 'apps/alerting/src/domain/evaluation/rule-book.ts',
    edits: [['enabled !== false && isWithin', 'isWithin']],
    suite: alerting('src/domain/evaluation/rule-book.spec.ts'),
  }),
  mutant({
    name: 'alarm-changed-unnoted',
    promise: 'a change of an alarm that is committed reaches the dispatcher',
    file: 'apps/alerting/src/alarms/alarm-store.ts',
    edits: [
      [
        'await queueForDispatch(tx, tenant, told, tracesToTell(traced));',
        'await queueForDispatch(tx, tenant, told.slice(1));',
      ],
    ],
    suite: alerting('test/dispatch-notifications.it.ts', 'is told once after group_wait'),
  }),
  mutant({
    name: 'former-alarm-ends-the-next',
    promise: 'nothing that happens to an alarm after its clear ends the next one of its rule and device',
    file: 'apps/alerting/src/domain/alarms/alarm.ts',
    edits: [
      ["entry.kind === 'clear' || (alarm.condition === 'active' && ", "entry.kind === 'clear' || (alarm.id !== '' && "],
    ],
    suite: alerting('test/dispatch-notifications.it.ts', 'ends nothing of the next one'),
  }),
  mutant({
    name: 'outdated-dispatcher-goes-on',
    promise:
      'a process goes by what is stored of a dispatcher, not by what it remembers from before the steps of another one',
    file: 'apps/alerting/src/features/dispatch-notifications/dispatch-notifications.ts',
    edits: [['if (known?.step !== step) {', 'if (known === undefined) {']],
    suite: alerting('test/dispatch-notifications.it.ts', 'of two processes one has a tenant'),
  }),
  mutant({
    name: 'step-half-taken',
    promise: 'what is to be told is stored with what the dispatcher knows of it, or not at all',
    file: 'apps/alerting/src/features/dispatch-notifications/dispatch-notifications.ts',
    edits: [
      [
        'await storeDispatcherChanges(tx, tenant, held.dispatcher.takeChanges());',
        'const { alerting } = this.settings; await alerting.change((other) => storeDispatcherChanges(other, tenant, held.dispatcher.takeChanges()));',
      ],
    ],
    suite: alerting('test/dispatch-notifications.it.ts', 'before any of its commits killed'),
  }),
  mutant({
    name: 'first-policy-from-now-on',
    promise: 'who puts the first policy has everything told that is active',
    file: 'apps/alerting/src/features/manage-policy/policy.handler.ts',
    edits: [['    if (before === null) await queueActiveAlarms(tx, tenant);\n', '']],
    suite: alerting('test/dispatch-notifications.it.ts', 'of the first policy on'),
  }),
  mutant({
    name: 'key-of-any-tenant',
    promise: 'no webhook is signed with the key of another tenant',
    file: 'apps/alerting/src/notifications/signing-keys.ts',
    edits: [
      [
        'return this.keys.get(`${tenant}/${name}`);',
        'return [...this.keys].find(([key]) => tenant !== key && key.endsWith(`/${name}`))?.[1];',
      ],
    ],
    suite: alerting('src/notifications/signing-keys.spec.ts'),
  }),
  mutant({
    name: 'notifications-of-all-tenants',
    promise: 'operators of another tenant see nothing of a notification',
    file: 'apps/alerting/src/persistence/delivery-search.repository.ts',
    edits: [['WHERE tenant = $1 AND ($2::text IS NULL', 'WHERE $1::text IS NOT NULL AND ($2::text IS NULL']],
    suite: alerting('test/notifications-api.it.ts', 'the ledger of notifications is nothing of another tenant'),
  }),
];
