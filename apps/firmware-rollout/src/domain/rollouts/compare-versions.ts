/**
 * Orders versions as people read them: numbers by value, `1.2.0-rc.1` before `1.2.0`, what follows `+` does not count (Semantic
 * Versioning 2.0, 11, for any number of parts). What is missing at the end is zero: `1.2` is `1.2.0`.
 *
 * @returns below 0 when `a` is older, above when it is newer, 0 when they are of one age
 */
export function compareVersions(a: string, b: string): number {
  const [release, preview] = partsOf(a);
  const [otherRelease, otherPreview] = partsOf(b);
  const byRelease = compareParts(release, otherRelease, '0');
  if (byRelease !== 0) return byRelease;
  if (preview === undefined || otherPreview === undefined)
    return Number(preview === undefined) - Number(otherPreview === undefined);
  return compareParts(preview, otherPreview, undefined);
}

type Parts = readonly string[];

function partsOf(version: string): [Parts, Parts | undefined] {
  const [plain = ''] = version.split('+', 1);
  const dash = plain.indexOf('-');
  const release = (dash === -1 ? plain : plain.slice(0, dash)).replace(/^v(?=\d)/i, '').split('.');
  return [release, dash === -1 ? undefined : plain.slice(dash + 1).split('.')];
}

function compareParts(a: Parts, b: Parts, missing: string | undefined): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const one = a[i] ?? missing;
    const other = b[i] ?? missing;
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    const difference = comparePart(one, other);
    if (difference !== 0) return difference;
  }
  return 0;
}

function comparePart(a: string, b: string): number {
  const areNumbers = [a, b].map((part) => /^\d+$/.test(part));
  // A number is older than a name.
  if (areNumbers[0] !== areNumbers[1]) return areNumbers[0] ? -1 : 1;
  if (!areNumbers[0]) return a === b ? 0 : a < b ? -1 : 1;
  const one = BigInt(a);
  const other = BigInt(b);
  return one === other ? 0 : one < other ? -1 : 1;
}
