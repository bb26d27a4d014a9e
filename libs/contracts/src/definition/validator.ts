import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { TSchema } from '@sinclair/typebox';

export interface Fault {
  /** JSON Pointer (RFC 6901) into the payload. */
  readonly pointer: string;
  /** The JSON Schema keyword that failed, e.g. `required`, `maxLength`. */
  readonly keyword: string;
  readonly message: string;
}

export type Validation<Payload> =
  { readonly ok: true; readonly value: Payload } | { readonly ok: false; readonly faults: readonly Fault[] };

/** Synchronous, does not change its input, never throws. Reports the first fault only. */
export type Validator<Payload> = (value: unknown) => Validation<Payload>;

const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => Ajv2020;

function createAjv(): Ajv2020 {
  return addFormats(new Ajv2020({ strict: true, allErrors: false, allowUnionTypes: true }));
}

const compilers = { strict: createAjv(), tolerant: createAjv() };

/** Compiles once, when the contract is declared. */
export function compileValidator<Payload>(schema: TSchema, mode: 'strict' | 'tolerant'): Validator<Payload> {
  const source: unknown = mode === 'strict' ? schema : opened(schema);
  const check = compilers[mode].compile(source as object) as ValidateFunction<Payload>;
  return (value) => (check(value) ? { ok: true, value } : { ok: false, faults: (check.errors ?? []).map(faultOf) });
}

function faultOf(error: ErrorObject): Fault {
  return { pointer: error.instancePath, keyword: error.keyword, message: error.message ?? error.keyword };
}

/** A copy of the schema in which closed objects are open. */
function opened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(opened);
  if (schema === null || typeof schema !== 'object') return schema;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'additionalProperties' && value === false) continue;
    copy[key] = opened(value);
  }
  return copy;
}
