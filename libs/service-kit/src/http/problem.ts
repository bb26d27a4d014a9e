import { STATUS_CODES } from 'node:http';

/** One fault in a request: where and what. */
export interface ProblemFault {
  /** RFC 6901 JSON pointer into the body; `''` is the whole body. */
  readonly pointer?: string;
  /** Name of a query or path parameter, for faults outside of the body. */
  readonly parameter?: string;
  readonly detail: string;
}

export interface ProblemInit {
  readonly status: number;
  /** A slug such as `device-not-found`; sent as `urn:myelin:problem:device-not-found`. */
  readonly type: string;
  /** The same for every problem of this type. Default: the reason phrase of the status. */
  readonly title?: string;
  /** About this occurrence. Never secrets, never internals. */
  readonly detail?: string;
  readonly errors?: readonly ProblemFault[];
  /** Sent with the answer, e.g. `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the document. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The document that goes out as application/problem+json (RFC 9457). */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** The request's path, without its query. */
  readonly instance?: string;
  /** 32 hex digits; finds the request in traces and logs. */
  readonly traceId?: string;
  readonly errors?: readonly ProblemFault[];
  readonly [extension: string]: unknown;
}

export const problemMediaType = 'application/problem+json';
const typePrefix = 'urn:myelin:problem:';
const slug = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** An HTTP refusal, thrown anywhere below a controller or a raw Fastify route. */
export class Problem extends Error {
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly errors: readonly ProblemFault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(init: ProblemInit) {
    if (!slug.test(init.type)) throw new TypeError(`a problem type is a slug, not ${JSON.stringify(init.type)}`);
    const title = init.title ?? STATUS_CODES[init.status] ?? 'Error';
    super(init.detail ?? title, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'Problem';
    this.status = init.status;
    this.type = init.type;
    this.title = title;
    this.detail = init.detail;
    this.errors = init.errors;
    this.headers = init.headers ?? {};
    this.extensions = init.extensions ?? {};
  }

  /** What is sent. Reserved members win over extensions of the same name. */
  document(request: { readonly instance?: string; readonly traceId?: string | undefined } = {}): ProblemDocument {
    return {
      ...this.extensions,
      type: typePrefix + this.type,
      title: this.title,
      status: this.status,
      ...(this.detail !== undefined && { detail: this.detail }),
      ...(request.instance !== undefined && { instance: request.instance }),
      ...(request.traceId !== undefined && { traceId: request.traceId }),
      ...(this.errors !== undefined && { errors: this.errors }),
    };
  }
}

const maxFaultsTold = 100;

/** The refusal of a request for faults in its body or its parameters; all are counted, the first 100 are told. */
export function validationFailed(errors: readonly ProblemFault[], detail?: string): Problem {
  const counted = errors.length === 1 ? 'the request has 1 fault' : `the request has ${errors.length} faults`;
  const title = 'The request is not valid';
  return new Problem({
    status: 400,
    type: 'validation-failed',
    title,
    detail: detail ?? counted,
    errors: errors.slice(0, maxFaultsTold),
  });
}
