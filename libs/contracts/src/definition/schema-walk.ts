export type SchemaObject = Readonly<Record<string, unknown>>;

export function isSchemaObject(value: unknown): value is SchemaObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Freezes everything below; shared parts are frozen once. @throws TypeError at a function, which no document can carry */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'function') throw new TypeError('a contract carries data only, no functions');
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part as unknown);
  return value;
}

/** The schema as plain JSON: without the symbols by which TypeBox knows its own. */
export function plainSchema(schema: unknown): SchemaObject {
  return JSON.parse(JSON.stringify(schema)) as SchemaObject;
}
