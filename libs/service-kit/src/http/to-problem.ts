import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { CodedError, IdError } from '@myelin/kernel';
import { Problem } from './problem.js';

/** How one code of a `CodedError` leaves the service. */
export interface ProblemMapping {
  readonly status: number;
  /** Default: the code with dots as dashes, `device.not-found` -> `device-not-found`. */
  readonly type?: string;
  readonly title?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** By code. A mapped error's message becomes the detail, so it must be fit to be shown. */
export type ProblemMappings = Readonly<Record<string, ProblemMapping>>;

/** Fastify's own refusals by error code. */
const fastifyProblems: Readonly<Record<string, { status: number; type: string; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    type: 'body-too-large',
    detail: 'the body is larger than this route takes',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    type: 'unsupported-media-type',
    detail: 'this route does not take bodies of this content type',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    type: 'body-truncated',
    detail: 'the body is shorter or longer than Content-Length says',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, type: 'malformed-json', detail: 'the body is not valid JSON' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, type: 'malformed-json', detail: 'the body is empty' },
  FST_ERR_BAD_URL: { status: 400, type: 'malformed-url', detail: 'the path has an invalid percent-encoding' },
};

/** Any error that a request can end in, as the problem to send. Unknown errors say nothing but 500. */
export function toProblem(error: unknown, mappings: ProblemMappings): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CodedError) return fromCodedError(error as CodedError, mappings);
  if (error instanceof HttpException) return fromStatus(error.getStatus(), error.message, error);
  const { code, statusCode } = (error ?? {}) as { readonly code?: unknown; readonly statusCode?: unknown };
  const known = typeof code === 'string' ? fastifyProblems[code] : undefined;
  if (known !== undefined) return new Problem({ ...known, cause: error });
  if (error instanceof SyntaxError && statusCode === 400) {
    return new Problem({ status: 400, type: 'malformed-json', detail: 'the body is not valid JSON', cause: error });
  }
  if (typeof statusCode === 'number') return fromStatus(statusCode, undefined, error);
  return fromStatus(500, undefined, error);
}

function fromCodedError(error: CodedError, mappings: ProblemMappings): Problem {
  const mapping = mappings[error.code] ?? (error instanceof IdError ? { status: 400 } : undefined);
  if (mapping !== undefined) {
    const type = mapping.type ?? error.code.replaceAll('.', '-');
    return new Problem({ ...mapping, type, detail: error.message, cause: error });
  }
  if (!error.retryable) return fromStatus(500, undefined, error);
  const headers = { 'Retry-After': '1' };
  return new Problem({ status: 503, type: 'temporarily-unavailable', headers, cause: error });
}

function fromStatus(status: number, detail: string | undefined, cause: unknown): Problem {
  const known = status >= 400 && status <= 599 && STATUS_CODES[status] !== undefined ? status : 500;
  if (known >= 500)
    return new Problem({ status: known, type: known === 500 ? 'internal-error' : slugOf(known), cause });
  return new Problem({ status: known, type: slugOf(known), ...(detail !== undefined && { detail }), cause });
}

/** `404` -> `not-found`. */
function slugOf(status: number): string {
  return (STATUS_CODES[status] ?? 'error')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
