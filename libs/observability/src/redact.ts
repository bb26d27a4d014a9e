const secretKey = /^(authorization|cookie|set-cookie)$|passw|passphrase|secret|token|credential|api_?key|private_?key/i;
const harmless = new Set(['number', 'boolean', 'undefined']);
const maxDepth = 5;

/**
 * A copy without the values under keys that sound secret, at any depth up to 5; what lies deeper is left out. Numbers
 * and booleans stay (`tokenCount`). Errors and other class instances pass untouched: their serializers decide.
 */
export function redact(fields: Record<string, unknown>, depth = 1): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    copy[key] = secretKey.test(key) && !harmless.has(typeof value) ? '[redacted]' : redactValue(value, depth);
  }
  return copy;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return depth >= maxDepth ? '[deeper]' : value.map((item: unknown) => redactValue(item, depth + 1));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return depth >= maxDepth ? '[deeper]' : redact(value as Record<string, unknown>, depth + 1);
}
