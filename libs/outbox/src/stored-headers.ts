import type { EncodedRecord } from '@myelin/messaging';
import { OutboxError } from './outbox.errors.js';

type StoredValue = string | { readonly base64: string };
type Headers = EncodedRecord['headers'];

/** Headers as JSON text for a jsonb column: text as text, bytes and what jsonb cannot hold as `{ "base64": ... }`. */
export function storeHeaders(headers: Headers): string {
  const stored: [string, StoredValue][] = Object.entries(headers).map(([name, value]) => {
    if (!isJsonText(name)) {
      throw OutboxError.permanent('outbox.record-invalid', 'a header name holds a NUL or half a character');
    }
    if (typeof value === 'string' && isJsonText(value)) return [name, value];
    return [name, { base64: Buffer.from(value).toString('base64') }];
  });
  return JSON.stringify(Object.fromEntries(stored));
}

export function restoreHeaders(stored: Readonly<Record<string, StoredValue>>): Record<string, string | Buffer> {
  return Object.fromEntries(
    Object.entries(stored).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : Buffer.from(value.base64, 'base64'),
    ]),
  );
}

function isJsonText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
