import { validationFailed } from '../http/problem.js';

const defaultSeconds = 30;
const maxSeconds = 120;

/** How long a profile is to take. @throws Problem validation-failed */
export function secondsOf(query: URLSearchParams): number {
  const faults = [...new Set(query.keys())]
    .filter((name) => name !== 'seconds')
    .map((parameter) => ({ parameter, detail: 'is not known here' }));
  const given = query.getAll('seconds');
  const [text = String(defaultSeconds)] = given;
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (given.length > 1 || !(seconds >= 1 && seconds <= maxSeconds)) {
    faults.push({ parameter: 'seconds', detail: `must be a whole number from 1 to ${maxSeconds}, once` });
  }
  if (faults.length > 0) throw validationFailed(faults);
  return seconds;
}
