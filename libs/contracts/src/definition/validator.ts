import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormatsModule from 'ajv-formats';
import nextVocabularyModule from 'ajv/dist/vocabularies/next.js';
import { type Fault, faultsOf } from './faults.js';
import { isSchemaObject } from './schema-walk.js';

export type Validation<Payload> =
  | { readonly ok: true; readonly value: Payload }
  /** At least one fault, the most specific first. */
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Synchronous, does not change its input, never throws. Stops at the first fault of each alternative. */
export type Validator<Payload> = (value: unknown) => Validation<Payload>;

export type ValidatorMode =
  /** For producers: refuses members that the schema does not name. */
  | 'strict'
  /** For consumers: lets unknown members through at every level. The names in a map are data and stay checked. */
  | 'tolerant';

// Both modules are CommonJS whose types promise a default export that Node wraps once more.
const addFormats = addFormatsModule as unknown as (ajv: Ajv) => Ajv;
const nextVocabulary = (nextVocabularyModule as unknown as { default: string[] }).default;

/**
 * Not `Ajv2020`: tracking what `unevaluatedProperties` needs makes it try every alternative of a union, which costs
 * 2.2 us for a small measurement instead of 0.3 us. `dependentRequired` comes from the vocabulary of 2019-09.
 */
function createAjv(): Ajv {
  return addFormats(new Ajv({ strict: true, allErrors: false, allowUnionTypes: true })).addVocabulary(nextVocabulary);
}

const compilers = { strict: createAjv(), tolerant: createAjv() };

/** Takes some milliseconds. */
export function compileValidator<Payload>(schema: TSchema, mode: ValidatorMode): Validator<Payload> {
  const source: unknown = mode === 'strict' ? schema : opened(schema);
  const alternatives = alternativesByKind(source);
  if (!alternatives) return validatorOf(compile<Payload>(source, mode));
  const validators = new Map<string, Validator<Payload>>();
  for (const [kind, alternative] of alternatives) validators.set(kind, validatorOf(compile(alternative, mode)));
  const expected = `must be ${[...alternatives.keys()].join(' or ')}`;
  return (value) => {
    const validate = validators.get(kindOf(value));
    return validate ? validate(value) : { ok: false, faults: [{ pointer: '', keyword: 'type', message: expected }] };
  };
}

function compile<Payload>(schema: unknown, mode: ValidatorMode): ValidateFunction<Payload> {
  return compilers[mode].compile<Payload>(schema as object);
}

function validatorOf<Payload>(check: ValidateFunction<Payload>): Validator<Payload> {
  return (value) => (check(value) ? { ok: true, value } : { ok: false, faults: faultsOf(check.errors ?? []) });
}

/** The alternatives of a union whose members the value's own kind tells apart; such a union needs no trying. */
function alternativesByKind(schema: unknown): Map<string, unknown> | undefined {
  if (!isSchemaObject(schema) || !Array.isArray(schema['anyOf'])) return undefined;
  const kinds = new Map<string, unknown>();
  for (const alternative of schema['anyOf'] as unknown[]) {
    const kind = isSchemaObject(alternative) ? alternative['type'] : undefined;
    if (typeof kind !== 'string' || kind === 'integer' || kinds.has(kind)) return undefined;
    kinds.set(kind, alternative);
  }
  return kinds;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}

/** A copy of the schema in which closed objects are open. */
function opened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(opened);
  if (!isSchemaObject(schema)) return schema;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'additionalProperties' && value === false) continue;
    copy[key] = opened(value);
  }
  return copy;
}
