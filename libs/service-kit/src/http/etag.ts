import { Problem } from './problem.js';

/** The strong entity tag of a version: `"7"`. */
export function etag(version: number): string {
  return `"${version}"`;
}

/**
 * What `If-Match` demands: a set of versions, `'*'` (any), or `undefined` when the header is absent.
 * Weak tags never match (RFC 9110, 13.1.1). @throws Problem 400 if-match-malformed
 */
export function parseIfMatch(header: string | undefined): '*' | ReadonlySet<number> | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return '*';
  const versions = new Set<number>();
  for (const tag of header.split(',')) {
    const match = /^\s*(W\/)?"([^"]*)"\s*$/.exec(tag);
    if (match === null) {
      const detail = 'If-Match must be a list of entity tags, in double quotes as they were answered: "3"';
      throw new Problem({ status: 400, type: 'if-match-malformed', detail });
    }
    if (match[1] === undefined && /^\d{1,15}$/.test(match[2] ?? '')) versions.add(Number(match[2]));
  }
  return versions;
}

/**
 * Passes when `If-Match` names the current version (or is `*`).
 * @throws Problem 428 precondition-required without the header, 412 version-mismatch when it names another version
 */
export function requireIfMatch(header: string | undefined, currentVersion: number): void {
  const demanded = parseIfMatch(header);
  if (demanded === undefined) {
    throw new Problem({
      status: 428,
      type: 'precondition-required',
      detail: 'this request needs If-Match with the ETag that was read before',
    });
  }
  if (demanded === '*' || demanded.has(currentVersion)) return;
  throw new Problem({
    status: 412,
    type: 'version-mismatch',
    detail: 'the resource has changed since it was read',
    headers: { ETag: etag(currentVersion) },
  });
}

/**
 * For compare-and-set in a statement: the one version that the request expects.
 * @throws Problem 428 without the header, 400 if-match-malformed when it is not exactly one strong tag of ours
 */
export function expectedVersion(header: string | undefined): number {
  const demanded = parseIfMatch(header);
  if (demanded === undefined) requireIfMatch(header, 0);
  const only = demanded instanceof Set && demanded.size === 1 ? (demanded.values().next().value as number) : undefined;
  if (only !== undefined) return only;
  throw new Problem({ status: 400, type: 'if-match-malformed', detail: 'If-Match must be the one ETag that was read' });
}
