import type { CborDialect } from './decode-cbor.js';

/** For tests: text keys, times everywhere. */
export const anyCbor: CborDialect = {
  memberName: (key, cursor) => (typeof key === 'string' ? key : cursor.fail('member-name-not-text', 'not text')),
  isRead: () => true,
  mayBeTime: () => true,
};
