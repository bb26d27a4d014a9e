import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';
import { accessOf } from './access.js';
import { AuthError } from './auth.errors.js';
import { rememberOperator } from './operator.js';
import { suffices } from './roles.js';
import { TokenRefused, type TokenVerifier } from './token-verifier.js';

const realm = 'Bearer realm="myelin"';

/** Lets a request through to a controller only as its `@Roles` or `@Public` say (RFC 6750). */
export class OperatorGuard implements CanActivate {
  constructor(private readonly verifier: TokenVerifier | undefined) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const access = accessOf(context.getClass(), context.getHandler());
    if (access === 'public') return true;
    if (access === undefined || this.verifier === undefined) throw new Error('a route without declared access');
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const operator = await verified(this.verifier, bearerToken(request.headers.authorization));
    if (!suffices(operator.roles, access.roles)) throw forbidden(access.roles);
    rememberOperator(request, operator);
    return true;
  }
}

/** The token of `Authorization: Bearer`. @throws Problem 401 unauthenticated */
function bearerToken(header: string | undefined): string {
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '')?.[1];
  if (token !== undefined) return token;
  throw new Problem({
    status: 401,
    type: 'unauthenticated',
    detail: 'this route needs an operator token: Authorization: Bearer <token>',
    headers: { 'WWW-Authenticate': realm },
  });
}

async function verified(verifier: TokenVerifier, token: string) {
  try {
    return await verifier.verify(token);
  } catch (cause) {
    if (cause instanceof TokenRefused) {
      const challenge = `${realm}, error="invalid_token", error_description="${cause.reason}"`;
      const headers = { 'WWW-Authenticate': challenge };
      throw new Problem({ status: 401, type: 'token-invalid', detail: cause.reason, headers, cause });
    }
    if (cause instanceof AuthError && cause.retryable) {
      throw new Problem({
        status: 503,
        type: 'issuer-unavailable',
        detail: 'tokens cannot be checked at the moment',
        headers: { 'Retry-After': '5' },
        cause,
      });
    }
    throw cause;
  }
}

function forbidden(roles: readonly string[]): Problem {
  return new Problem({
    status: 403,
    type: 'role-insufficient',
    detail: `this route needs the role ${roles.join(' or ')}`,
    headers: { 'WWW-Authenticate': `${realm}, error="insufficient_scope"` },
    extensions: { roles },
  });
}
