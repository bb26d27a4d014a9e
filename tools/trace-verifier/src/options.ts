import { TraceVerifierError } from './trace-verifier.errors.js';

export const usage = `npm run verify:traces -- [--cut-headers] [--dump]

Starts the whole system and a real Jaeger, drives a request of each kind with a trace of its own, and demands every span and
every edge of what Jaeger then has. The last line is the sum; exit code 1 when anything failed.

  --cut-headers  holds the expectations against what would have been seen without trace headers on Kafka: has to fail
  --dump         prints every span that was seen, a line of JSON each`;

export interface Options {
  readonly cutHeaders: boolean;
  readonly dump: boolean;
}

/** Undefined: help was asked for. @throws TraceVerifierError trace-verifier.options-invalid */
export function optionsOf(words: readonly string[]): Options | undefined {
  if (words.includes('--help')) return undefined;
  const wrong = words.find((word) => word !== '--cut-headers' && word !== '--dump');
  if (wrong !== undefined)
    throw TraceVerifierError.permanent('trace-verifier.options-invalid', `there is no ${wrong}\n\n${usage}`);
  return { cutHeaders: words.includes('--cut-headers'), dump: words.includes('--dump') };
}
