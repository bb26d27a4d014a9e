/** One part of a version: a number of any length, or text. */
type Part = { readonly digits: string } | { readonly text: string };

interface ParsedVersion {
  /** Without zeros at the end: 1.2 is 1.2.0. */
  readonly release: readonly Part[];
  /** Empty: no pre-release, which comes after all of them. */
  readonly preRelease: readonly Part[];
}

export const versionPattern = '^[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}$';

/**
 * Which firmware is newer: below 0 when `left` is older than `right`, 0 when neither is. A total order over any text. Where both
 * are semantic versions it is their precedence (semver.org 2.0.0, section 11); everything else is read by the same rules, so
 * that both kinds can stand in one order: a leading `v` says nothing, nor does what follows a `+`; what follows the first `-` is a
 * pre-release; parts between dots are compared as numbers or as ASCII text, numbers first.
 */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parsed(left), parsed(right)];
  const release = compareParts(a.release, b.release);
  if (release !== 0) return release;
  if (a.preRelease.length === 0 || b.preRelease.length === 0)
    return Math.sign(b.preRelease.length - a.preRelease.length);
  return compareParts(a.preRelease, b.preRelease);
}

/** The same for two versions exactly when {@link compareVersions} says 0. */
export function canonicalVersion(version: string): string {
  const { release, preRelease } = parsed(version);
  const written = (parts: readonly Part[]): string =>
    parts.map((part) => ('digits' in part ? part.digits : part.text)).join('.');
  return preRelease.length === 0 ? written(release) : `${written(release)}-${written(preRelease)}`;
}

function parsed(version: string): ParsedVersion {
  const [significant = ''] = version.replace(/^[vV](?=\d)/, '').split('+', 1);
  const dash = significant.indexOf('-');
  if (dash === -1) return { release: releaseParts(significant), preRelease: [] };
  return { release: releaseParts(significant.slice(0, dash)), preRelease: parts(significant.slice(dash + 1)) };
}

function releaseParts(text: string): readonly Part[] {
  const all = parts(text);
  const end = all.findLastIndex((part) => !('digits' in part && part.digits === '0')) + 1;
  return all.slice(0, Math.max(end, 1));
}

function parts(text: string): readonly Part[] {
  return text
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? { digits: part.replace(/^0+(?=\d)/, '') } : { text: part }));
}

function compareParts(left: readonly Part[], right: readonly Part[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const compared = comparePart(left[index] as Part, right[index] as Part);
    if (compared !== 0) return compared;
  }
  return Math.sign(left.length - right.length);
}

function comparePart(left: Part, right: Part): number {
  if ('digits' in left && 'digits' in right)
    return Math.sign(left.digits.length - right.digits.length) || compareText(left.digits, right.digits);
  if ('text' in left && 'text' in right) return compareText(left.text, right.text);
  return 'digits' in left ? -1 : 1;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
