import type { LimitReference } from '../rules/rule.js';
import type { FindLimit } from './rule-program.js';

/** What a device, its site and its profile carry along as free JSON. */
export type Metadata = Readonly<Partial<Record<LimitReference['from'], unknown>>>;

/** Limits are the numbers that stand in metadata at their places (RFC 6901); what is no number is no limit. */
export function limitsFrom(metadata: Metadata): FindLimit {
  return ({ from, path }) => {
    let found: unknown = metadata[from];
    for (const token of path.split('/').slice(1)) {
      const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
      if (Array.isArray(found) && name === 'length') return undefined;
      found = (found as Readonly<Record<string, unknown>>)[name];
    }
    return typeof found === 'number' ? found : undefined;
  };
}
