import { type DdiRefusal, refuse } from './ddi-refusal.js';

export const halJson = 'application/hal+json';
export const json = 'application/json';
export const cbor = 'application/cbor';
export type AnswerType = typeof halJson | typeof json | typeof cbor;

const longestHeader = 1_024;

/**
 * In which of our two names for JSON to answer: `application/hal+json` unless the client names the other one only. CBOR is for
 * those who name it and do not like JSON as much. Refused with 406 for who takes none. Of files nothing is asked: they are what they are.
 */
export function answerType(accept: string | undefined): AnswerType | DdiRefusal {
  if (accept === undefined || accept.trim() === '') return halJson;
  const ranges =
    accept.length > longestHeader
      ? []
      : accept
          .split(',')
          .map(rangeOf)
          .filter(({ weight }) => weight > 0);
  const takes = (...names: string[]): boolean => ranges.some(({ name }) => names.includes(name));
  const liking = (...names: string[]): number =>
    Math.max(0, ...ranges.filter(({ name }) => names.includes(name)).map(({ weight }) => weight));
  if (liking(cbor) > liking(halJson, json)) return cbor;
  if (takes(halJson)) return halJson;
  if (takes(json)) return json;
  if (takes('*/*', 'application/*')) return halJson;
  return refuse('not-acceptable', `answers are ${halJson}, ${json} or ${cbor}`);
}

/** How the body of a request is written; without a name it is JSON. Refused with 415 otherwise. */
export function bodyTypeOf(contentType: string | undefined): typeof json | typeof cbor | DdiRefusal {
  const name = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (name === '' || name === json || name === halJson) return json;
  return name === cbor ? cbor : refuse('media-type-unsupported', `bodies are ${json} or ${cbor}`);
}

/** One range of `Accept`. @property weight 0 = the client does not want it */
function rangeOf(range: string): { readonly name: string; readonly weight: number } {
  const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const written = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return { name, weight: Number.isNaN(written) ? 1 : written };
}
