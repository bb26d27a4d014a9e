export interface CodedErrorOptions {
  readonly cause?: unknown;
  /** Facts for logs and problem details. Never secrets, never payloads. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * An error with a closed set of codes. The throw site, not the catcher, says whether trying again can help.
 *
 * @example
 * class StoreError extends CodedError<'store.unavailable' | 'store.position-conflict'> {}
 * throw StoreError.retryable('store.unavailable', 'the database did not answer', { cause });
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  protected constructor(code: Code, message: string, retryable: boolean, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = retryable;
    this.details = options.details ?? {};
  }

  /** Trying the same again later can succeed (a server away, a lock, a time-out). */
  static retryable<Self extends ErrorClass>(
    this: Self,
    code: CodeOf<Self>,
    message: string,
    options?: CodedErrorOptions,
  ): InstanceType<Self> {
    return construct(this, code, message, true, options);
  }

  /** Trying the same again gives the same failure (bad input, a broken rule, a missing row). */
  static permanent<Self extends ErrorClass>(
    this: Self,
    code: CodeOf<Self>,
    message: string,
    options?: CodedErrorOptions,
  ): InstanceType<Self> {
    return construct(this, code, message, false, options);
  }
}

interface ErrorClass {
  readonly prototype: CodedError;
}
type CodeOf<Self extends ErrorClass> = Self['prototype']['code'];
type InstanceType<Self extends ErrorClass> = Self['prototype'];

function construct<Self extends ErrorClass>(
  constructor: Self,
  code: string,
  message: string,
  retryable: boolean,
  options: CodedErrorOptions | undefined,
): InstanceType<Self> {
  // The constructor is protected so that every throw site states `retryable`; only this file calls it.
  const create = constructor as unknown as new (
    code: string,
    message: string,
    retryable: boolean,
    options?: CodedErrorOptions,
  ) => InstanceType<Self>;
  return new create(code, message, retryable, options);
}

/** True for coded errors marked retryable; unknown errors count as not retryable. */
export function isRetryable(error: unknown): boolean {
  return error instanceof CodedError && error.retryable;
}

/** The whole chain of causes, outermost first, as `Name(code): message`. Stops after 10 links. */
export function describeError(error: unknown): string {
  const links: string[] = [];
  let current: unknown = error;
  while (links.length === 0 || (current !== undefined && current !== null && links.length < 10)) {
    if (!(current instanceof Error)) {
      links.push(describeUnknown(current));
      break;
    }
    const code = current instanceof CodedError ? `(${current.code})` : '';
    links.push(`${current.name}${code}: ${current.message}`);
    current = current.cause;
  }
  return links.join(' <- ');
}

function describeUnknown(thrown: unknown): string {
  if (thrown === null || typeof thrown !== 'object') return String(thrown);
  const { constructor } = thrown as { constructor?: { name?: string } };
  return `thrown ${constructor?.name ?? 'object'}`;
}
