import { type DdiRefusal, refuse } from './ddi-refusal.js';

export const halJson = 'application/hal+json';
export const json = 'application/json';
export type AnswerType = typeof halJson | typeof json;

const longestHeader = 1_024;

/**
 * In which of our two names for JSON to answer: `application/hal+json` unless the client names the other one only.
 * Refused with 406 when it takes neither. Of files nothing is asked: they are what they are.
 */
export function answerType(accept: string | undefined): AnswerType | DdiRefusal {
  if (accept === undefined || accept.trim() === '') return halJson;
  const ranges =
    accept.length > longestHeader
      ? []
      : accept
          .split(',')
          .map(rangeOf)
          .filter(({ wanted }) => wanted);
  const takes = (...names: string[]): boolean => ranges.some(({ name }) => names.includes(name));
  if (takes(halJson)) return halJson;
  if (takes(json)) return json;
  if (takes('*/*', 'application/*')) return halJson;
  return refuse('not-acceptable', `answers are ${halJson} or ${json}`);
}

/** Undefined when the body of a request is JSON by its name, or has none; refused with 415 otherwise. */
export function bodyTypeFault(contentType: string | undefined): DdiRefusal | undefined {
  const name = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (name === '' || name === json || name === halJson) return undefined;
  return refuse('media-type-unsupported', `bodies are ${json}`);
}

/** One range of `Accept`; `q=0` is what the client does not want. */
function rangeOf(range: string): { readonly name: string; readonly wanted: boolean } {
  const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return { name, wanted: weight === undefined || Number(weight.slice(2)) !== 0 };
}
