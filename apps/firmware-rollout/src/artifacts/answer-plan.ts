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
  const { sha256, size } = artifact;
  const tag = `"${sha256}"`;
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined && !isNamed(tag, ifMatch)) throw changed(tag);
  const validators = ['ETag', tag, 'Cache-Control', cacheControl, 'Last-Modified', artifact.createdAt.toUTCString()];
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && isNamed(tag, ifNoneMatch.replaceAll('W/', '')))
    return { status: 304, headers: validators };

  const asked =
    method === 'GET' && isRangeMeant(artifact, tag, headers['if-range']) ? rangeAsked(headers.range, size) : 'whole';
  if (asked === 'unsatisfiable') throw unsatisfiable(tag, size);
  const range = asked === 'whole' ? { start: 0, end: size - 1 } : asked;
  const described = [
    ...validators,
    ...['Accept-Ranges', 'bytes', 'Content-Type', 'application/octet-stream', 'X-Content-Type-Options', 'nosniff'],
    ...['Content-Disposition', `attachment;filename=${artifact.fileName}`],
    ...['Content-Length', String(range.end - range.start + 1)],
  ];
  if (asked !== 'whole') described.push('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  const status = asked === 'whole' ? 200 : 206;
  return method === 'HEAD' ? { status, headers: described } : { status, headers: described, range };
}

function isNamed(tag: string, list: string): boolean {
  return list === tag || list.split(',').some((item) => item.trim() === tag || item.trim() === '*');
}

/** `If-Range` with another tag or time means: the whole of what there is now. */
function isRangeMeant({ createdAt }: ServedArtifact, tag: string, ifRange: string | string[] | undefined): boolean {
  return ifRange === undefined || ifRange === tag || ifRange === createdAt.toUTCString();
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
