/**
 * Why a request of a device is refused. Answered, not thrown: to refuse is ordinary work at this edge.
 * What goes out is hawkBit's error body (section 3.9 of the DDI notes), not a problem document: devices log it as it is.
 */
export class DdiRefusal {
  readonly kind = 'refused';

  constructor(
    readonly status: number,
    readonly reason: RefusalReason,
    /** About this occurrence. Never secrets, never what was sent. */
    readonly detail: string,
    /** RFC 6901 pointer into the body, `''` is all of it. */
    readonly pointer?: string,
    /** Names and values by turns. */
    readonly headers: readonly string[] = [],
  ) {}
}

export type RefusalReason = keyof typeof reasons;

/** hawkBit's names, so that whoever knows its codes knows ours. */
const reasons = {
  'body-not-readable': [400, 'rest.body.notReadable', 'rest.exception.MessageNotReadableException'],
  'body-invalid': [400, 'repo.constraintViolation', 'repository.exception.ConstraintViolationException'],
  'attribute-invalid': [400, 'repo.invalidTargetAttribute', 'repository.exception.InvalidTargetAttributeException'],
  'parameter-invalid': [400, 'rest.param.invalid', 'repository.exception.ConstraintViolationException'],
  unauthorized: [401, 'insufficientpermission', 'repository.exception.InsufficientPermissionException'],
  forbidden: [403, 'insufficientpermission', 'repository.exception.InsufficientPermissionException'],
  'not-found': [404, 'repo.entityNotFound', 'repository.exception.EntityNotFoundException'],
  'method-not-allowed': [405, 'rest.method.notAllowed', 'rest.exception.MethodNotAllowedException'],
  'not-cancelling': [405, 'action.notCancelable', 'repository.exception.CancelActionNotAllowedException'],
  'not-acceptable': [406, 'rest.media.notAcceptable', 'rest.exception.NotAcceptableException'],
  'already-active': [
    409,
    'repo.autoConfirmationAlreadyActive',
    'repository.exception.AutoConfirmationAlreadyActiveException',
  ],
  'body-too-slow': [408, 'rest.body.tooSlow', 'rest.exception.MessageNotReadableException'],
  gone: [410, 'action.notActive', 'repository.exception.EntityReadOnlyException'],
  'body-too-large': [413, 'rest.body.tooLarge', 'rest.exception.MessageNotReadableException'],
  'url-too-long': [414, 'rest.param.invalid', 'repository.exception.ConstraintViolationException'],
  'media-type-unsupported': [415, 'rest.media.unsupported', 'rest.exception.MediaTypeNotSupportedException'],
  'too-fast': [429, 'quota.tooManyRequests', 'repository.exception.QuotaExceededException'],
  // Without Retry-After: no later request has more room, and a time would say that one has.
  'too-many': [429, 'quota.tooManyEntries', 'repository.exception.AssignmentQuotaExceededException'],
} as const satisfies Record<string, readonly [status: number, code: string, exception: string]>;

export function refuse(
  reason: RefusalReason,
  detail: string,
  { pointer, headers }: { readonly pointer?: string; readonly headers?: readonly string[] } = {},
): DdiRefusal {
  return new DdiRefusal(reasons[reason][0], reason, detail, pointer, headers);
}

/** JSON text; empty for 401, as hawkBit answers it. */
export function refusalBody({ status, reason, detail, pointer }: DdiRefusal): string {
  if (status === 401) return '';
  const [, code, exception] = reasons[reason];
  return JSON.stringify({
    errorCode: `hawkbit.server.error.${code}`,
    exceptionClass: `org.eclipse.hawkbit.${exception}`,
    message: detail,
    ...(pointer !== undefined && { info: { pointer } }),
  });
}
