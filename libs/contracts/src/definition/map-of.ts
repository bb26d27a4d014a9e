import { type Static, type TSchema, type TUnsafe, Type } from '@sinclair/typebox';

/**
 * An object whose members' names are data, e.g. metrics or labels. Names are checked once, by `propertyNames`: the
 * `patternProperties` of `Type.Record` would match every name twice.
 */
export function mapOf<Value extends TSchema>(
  namePattern: string,
  value: Value,
  limits: { readonly minProperties?: number; readonly maxProperties: number },
): TUnsafe<Record<string, Static<Value>>> {
  return Type.Unsafe<Record<string, Static<Value>>>({
    type: 'object',
    propertyNames: { pattern: namePattern },
    additionalProperties: value,
    ...limits,
  });
}
