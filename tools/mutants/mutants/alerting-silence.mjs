import { mutant } from '../mutant.mjs';

const alerting = (file, name) => ({ project: 'apps/alerting', file, name });
const evaluating = 'apps/alerting/src/domain/evaluation';
const heartbeats = 'apps/alerting/src/domain/heartbeats';

/** Of devices that say nothing. */
export const silenceMutants = [
  mutant({
    name: 'outage-taken-for-silence',
    promise: 'time in which nobody could be heard moves every deadline',
    file: `${heartbeats}/live-clock.ts`,
    edits: [['return stepMs > maxStepMs || stepMs < 0;', 'return stepMs < 0;']],
    suite: alerting('src/domain/evaluation/partition-evaluator.spec.ts'),
  }),
  mutant({
    name: 'deadline-not-put-ahead',
    promise: 'a device that was heard since is not silent when its former deadline comes',
    file: `${heartbeats}/heartbeats.ts`,
    edits: [['if (!this.isDue(device, wheel)) {', 'if (false as boolean) {']],
    suite: alerting('src/domain/heartbeats/heartbeats.spec.ts'),
  }),
  mutant({
    name: 'silent-before-deadline',
    promise: 'a message counts as heard at the tick after it, so that nobody is called silent too early',
    file: `${heartbeats}/heartbeats.ts`,
    edits: [['this.setHeard(device, wheel.untimed);', 'this.setHeard(device, wheel.untimed - 1);']],
    suite: alerting('src/domain/heartbeats/heartbeats.spec.ts'),
  }),
  mutant({
    name: 'gateways-steps-overlap',
    promise: 'several gateways make no more live time than there is time',
    file: `${heartbeats}/live-clock.ts`,
    edits: [['else if (known?.liveMs === this.ms) {', 'else {']],
    suite: alerting('src/domain/heartbeats/never-early.spec.ts'),
  }),
  mutant({
    name: 'untimed-not-saved-again',
    promise: 'a restart knows when a device was heard that was saved before the tick after its message',
    file: `${evaluating}/partition-evaluator.ts`,
    edits: [['if (this.willBeTimed(device)) this', 'if (this.size < 0) this']],
    suite: alerting('src/domain/evaluation/silence-any-interruption.spec.ts'),
  }),
  mutant({
    name: 'excused-for-ever',
    promise: 'a device that stays silent when its maintenance is over is found silent',
    file: `${evaluating}/expected-silence.ts`,
    edits: [['? Math.min(untilMs, nowMs) :', '? nowMs :']],
    suite: alerting('src/domain/evaluation/silence-any-interruption.spec.ts'),
  }),
  mutant({
    name: 'windows-of-any-tenant',
    promise: 'maintenance of one tenant excuses no device of another',
    file: 'apps/alerting/src/domain/fleet/fleet.ts',
    edits: [
      [
        'const expected = this.expectedSilences.get(tenant);',
        "const expected = [...this.expectedSilences.values()].at(tenant === '' ? 1 : 0);",
      ],
    ],
    suite: alerting('src/domain/fleet/fleet.spec.ts'),
  }),
  mutant({
    name: 'excuse-lost-over-restart',
    promise: 'what silence was expected counts after a restart, when nothing says any more that it was',
    file: `${evaluating}/partition-evaluator.ts`,
    edits: [['if (lanes.length > 0 && isLater', 'if (lanes.length < 0 && isLater']],
    suite: alerting('src/domain/evaluation/silence-any-interruption.spec.ts'),
  }),
  mutant({
    name: 'excuse-lost-in-outage',
    promise: 'a device has its whole deadline after an outage in which its expected silence ended',
    file: `${evaluating}/partition-evaluator.ts`,
    edits: [['if (!this.clock.goesOnWith(gateway, atMs))', "if (gateway === '')"]],
    suite: alerting('src/domain/evaluation/partition-evaluator.spec.ts'),
  }),
  mutant({
    name: 'cancelled-window-never-was',
    promise: 'a device has its whole deadline when its maintenance is cancelled',
    file: 'apps/alerting/src/features/evaluate-rules/evaluate-rules.handler.ts',
    edits: [['this.excuse(changes);', 'this.excuse([]);']],
    suite: alerting('test/evaluate-rules.it.ts', 'counts what was expected'),
  }),
];
