import type { ValueTransformer } from 'typeorm';

/** pg hands bigint over as text; ours stay below 2^53. */
export const bigintAsNumber: ValueTransformer = {
  to: (value: number | undefined) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};
