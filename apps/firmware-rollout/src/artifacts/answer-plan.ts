import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@myelin/service-kit';
import type { ByteRange } from './artifact-store.js';
import { rangeAsked } from './byte-range.js';

/** What is known of an artifact that is to be served. */
export interface ServedArtifact {
  readonly sha256: string;
  /** In bytes, at least 1. */
  readonly size: number;
  /** `[A-Za-z0-9._-]{1,128}`. */
  readonly fileName: string;
  readonly createdAt: Date;
}

export interface AnswerPlan {
  readonly status: 200 | 206 | 304;
  /** Names and values by turns. */
  readonly headers: readonly string[];
  /** Absent: no body. */
  readonly range?: ByteRange;
}

/** A digest names the same bytes for ever; whoever may not read them is refused before this is asked. */
const cacheControl = 'private, max-age=31536000, immutable';

/**
 * How a request for the content of an artifact is to be answered (RFC 9110, 13.2.2: If-Match, If-None-Match, If-Range and Range,
 * in this order). Only GET has ranges. @throws Problem 412 artifact-changed, 416 range-not-satisfiable
 */
export function planAnswer(artifact: ServedArtifact, method: string, headers: IncomingHttpHeaders): AnswerPlan {
  const { size } = artifact;
  const { tag, lastModified, validators, described } = fixedPartsOf(artifact);
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined && !isNamed(tag, ifMatch)) throw changed(tag);
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && isNamed(tag, ifNoneMatch.replaceAll('W/', ''))) {
    return { status: 304, headers: validators };
  }
  const ifRange = headers['if-range'];
  // `If-Range` with another tag or time means: the whole of what there is now.
  const isRangeMeant = method === 'GET' && (ifRange === undefined || ifRange === tag || ifRange === lastModified);
  const asked = isRangeMeant ? rangeAsked(headers.range, size) : 'whole';
  if (asked === 'unsatisfiable') throw unsatisfiable(tag, size);
  const range = asked === 'whole' ? { start: 0, end: size - 1 } : asked;
  const length = String(range.end - range.start + 1);
  const head =
    asked === 'whole'
      ? described.concat('Content-Length', length)
      : described.concat('Content-Length', length, 'Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  const status = asked === 'whole' ? 200 : 206;
  return method === 'HEAD' ? { status, headers: head } : { status, headers: head, range };
}

interface FixedParts {
  readonly tag: string;
  readonly lastModified: string;
  readonly validators: readonly string[];
  readonly described: readonly string[];
}

/** What is the same in every answer, made once for an artifact that is asked for many ranges. */
const fixedParts = new WeakMap<ServedArtifact, FixedParts>();

function fixedPartsOf(artifact: ServedArtifact): FixedParts {
  const known = fixedParts.get(artifact);
  if (known !== undefined) return known;
  const [tag, lastModified] = [`"${artifact.sha256}"`, artifact.createdAt.toUTCString()];
  const validators = ['ETag', tag, 'Cache-Control', cacheControl, 'Last-Modified', lastModified];
  const disposition = `attachment;filename=${artifact.fileName}`;
  const type = ['Content-Type', 'application/octet-stream', 'X-Content-Type-Options', 'nosniff'];
  const described = [...validators, ...type, 'Accept-Ranges', 'bytes', 'Content-Disposition', disposition];
  const parts = { tag, lastModified, validators, described };
  fixedParts.set(artifact, parts);
  return parts;
}

function isNamed(tag: string, list: string): boolean {
  return list === tag || list.split(',').some((item) => item.trim() === tag || item.trim() === '*');
}

function changed(tag: string): Problem {
  return new Problem({
    ...{ status: 412, type: 'artifact-changed', headers: { ETag: tag } },
    detail: 'If-Match does not name this artifact',
  });
}

function unsatisfiable(tag: string, size: number): Problem {
  return new Problem({
    ...{ status: 416, type: 'range-not-satisfiable' },
    detail: 'Range must be one range of bytes that begins within the artifact: bytes=0-1023, bytes=1024- or bytes=-512',
    headers: { ETag: tag, 'Accept-Ranges': 'bytes', 'Content-Range': `bytes */${size}` },
  });
}
