import { Problem, validationFailed } from '@myelin/service-kit';
import { AlarmError } from '../domain/alarms/alarm.js';

/** What the refusal of a command means over HTTP; other errors as they are. */
export function meaningOfRefusal(error: unknown): unknown {
  if (!(error instanceof AlarmError)) return error;
  switch (error.code) {
    case 'alarm.nothing-to-change':
      return new Problem({
        status: 409,
        type: 'alarm-nothing-to-change',
        title: 'The alarm is as the command wants it',
        detail: error.message,
      });
    case 'alarm.shelf-invalid':
      return validationFailed([{ pointer: '/until', detail: error.message }]);
    default:
      return error;
  }
}
