import { Problem } from '@myelin/service-kit';
import { canonicalJson } from '../../domain/free-content.js';
import { problems } from '../../problems.js';
import type { ImportLine } from './import-line.js';
import { type LineResult, refused } from './line-result.js';

export interface ValidLine {
  readonly line: number;
  readonly body: ImportLine;
}

/** What a device consists of, as far as an import says it. */
interface Content {
  readonly profile: string;
  readonly site: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface Known {
  readonly existing: ReadonlyMap<string, Content>;
  readonly profiles: ReadonlySet<string>;
  readonly sites: ReadonlySet<string>;
}

export interface Sorted {
  readonly fresh: readonly ValidLine[];
  readonly settled: readonly LineResult[];
}

/** Tells devices to create from lines that are settled already. The first line of an id decides within a chunk. */
export function sortLines(lines: readonly ValidLine[], known: Known): Sorted {
  const fresh = new Map<string, ValidLine>();
  const settled: LineResult[] = [];
  for (const candidate of lines) {
    const { device } = candidate.body;
    const content = contentOf(candidate.body);
    const first = fresh.get(device);
    const present = first === undefined ? known.existing.get(device) : contentOf(first.body);
    const missing = missingReference(content, known);
    if (present !== undefined) settled.push(compared(candidate, content, present));
    else if (missing !== undefined) settled.push(refused(candidate.line, device, problems.unknownReference(missing)));
    else fresh.set(device, candidate);
  }
  return { fresh: [...fresh.values()], settled };
}

export function contentOf({ profile, site, labels, metadata }: ImportLine): Content {
  return { profile, site: site ?? null, labels: labels ?? {}, metadata: metadata ?? {} };
}

function missingReference({ profile, site }: Content, known: Known): 'profile' | 'site' | undefined {
  if (!known.profiles.has(profile)) return 'profile';
  return site !== null && !known.sites.has(site) ? 'site' : undefined;
}

function compared({ line, body }: ValidLine, wanted: Content, present: Content): LineResult {
  const { profile, site, labels, metadata } = present;
  const same = canonicalJson(wanted) === canonicalJson({ profile, site, labels, metadata });
  return same ? { line, device: body.device, status: 'unchanged' } : refused(line, body.device, differs());
}

function differs(): Problem {
  return new Problem({
    status: 409,
    type: 'device-differs',
    title: 'The device exists with other content',
    detail: 'an import creates devices and never changes them',
  });
}
