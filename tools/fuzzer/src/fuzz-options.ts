import { parseArgs } from 'node:util';
import { CodedError } from '@myelin/kernel';

export class FuzzerError extends CodedError<'fuzzer.options-invalid'> {}

export interface FuzzOptions {
  readonly forMs: number;
  readonly seed: number;
}

export const help = `Feeds the decoders of the edges (JSON, CBOR, SenML; gzip, zstd) with valid, damaged and random bodies.

  npm run fuzz -- [--for <time>] [--seed <n>]

  --for <time>   such as 30s, 10m or 1h (1m)
  --seed <n>     the same seed gives the same inputs (another one each time, which is printed)
`;

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Undefined: help was asked for. @throws FuzzerError fuzzer.options-invalid */
export function fuzzOptions(args: readonly string[], anySeed: number): FuzzOptions | undefined {
  const { values } = parsed(args);
  if (values.help) return undefined;
  const [, amount, unit] = /^(\d+)(s|m|h)$/.exec(values.for) ?? [];
  if (amount === undefined)
    throw FuzzerError.permanent('fuzzer.options-invalid', '--for takes a time such as 30s or 10m');
  const seed = values.seed === undefined ? anySeed : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw FuzzerError.permanent('fuzzer.options-invalid', '--seed takes an integer from 0 to 4294967295');
  }
  return { forMs: Number(amount) * unitsMs[unit as keyof typeof unitsMs], seed };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        for: { type: 'string', default: '1m' },
        seed: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    throw FuzzerError.permanent('fuzzer.options-invalid', cause instanceof Error ? cause.message : '', { cause });
  }
}
