import type { RecordedReport } from '../../assignments/record-report.js';
import { type DdiRefusal, refuse } from '../../ddi/ddi-refusal.js';

export const notFound = refuse('not-found', 'the device has no such action');
const gone = refuse('gone', 'the action is over');

/** How what a device said is answered; undefined: 200. */
export function refusalOf(recorded: RecordedReport): DdiRefusal | undefined {
  switch (recorded.outcome) {
    case 'changed':
    case 'repeated':
      return undefined;
    case 'unknown':
      return notFound;
    case 'too-many':
      return refuse('too-many', 'no more is kept of one action');
    case 'refused':
      if (recorded.refusal === 'not-cancelling') return refuse('not-cancelling', 'nobody asked to stop');
      return recorded.refusal === 'not-offered' || recorded.refusal === 'not-unconfirmed' ? notFound : gone;
  }
}
