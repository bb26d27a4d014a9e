import { mutant } from '../mutant.mjs';

const alerting = (file, name) => ({ project: 'apps/alerting', file, name });

export const stormMutants = [
  mutant({
    name: 'storm-let-through',
    promise: 'what a rule raises beyond its share of devices belongs to one alarm',
    file: 'apps/alerting/src/domain/alarms/storms.ts',
    edits: [['if (devices <= limit) return undefined;', 'if (devices <= 2 * limit) return undefined;']],
    suite: alerting('test/storms.spec.ts'),
  }),
  mutant({
    name: 'storm-counted-without-waiting',
    promise: 'a storm is one alarm, however many processes raise its alarms at once',
    file: 'apps/alerting/src/alarms/alarm-store.ts',
    edits: [['[...found, ...stormGroupsOf(found)]', 'found']],
    suite: alerting('test/storms.it.ts'),
  }),
  mutant({
    name: 'storm-keeps-what-outlasts-it',
    promise: 'an alarm that outlasts its storm is released',
    file: 'apps/alerting/src/persistence/storms.repository.ts',
    edits: [["AND s.id = i.id AND s.condition = 'active')", 'AND s.id = i.id)']],
    suite: alerting('test/storms.it.ts'),
  }),
  mutant({
    name: 'storm-of-what-is-over',
    promise: 'a storm that was cleared does not begin again out of what was before',
    file: 'apps/alerting/src/persistence/storms.repository.ts',
    edits: [['SELECT max(s.clear_noticed_at) FROM alarm s', 'SELECT NULL::timestamptz FROM alarm s']],
    suite: alerting('test/storms.it.ts'),
  }),
];
