/** A member of a member of what was parsed; undefined where there is none. */
export function memberOf(json: unknown, ...path: readonly string[]): unknown {
  let current = json;
  for (const name of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[name];
  }
  return current;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
