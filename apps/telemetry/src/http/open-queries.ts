import type { TenantId } from '@myelin/kernel';
import { Problem, operatorOf } from '@myelin/service-kit';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
  applyDecorators,
} from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

/** Seconds. Most queries take less. */
const retryAfter = '1';

/**
 * How many queries of a tenant are open: from the request to the last byte of the answer. One that nobody reads holds no
 * connection, but rows; so they have a limit, too.
 */
export class OpenQueries {
  private readonly open = new Map<TenantId, number>();

  /** @param unreadMs an answer of which nothing is taken for as long is cut off */
  constructor(
    private readonly mostPerTenant: number,
    private readonly unreadMs = 60_000,
  ) {}

  /** @throws Problem 429 too-many-queries */
  begin(tenant: TenantId, answer: FastifyReply['raw']): void {
    const count = this.open.get(tenant) ?? 0;
    if (count >= this.mostPerTenant) throw this.refusal(count);
    // Whoever has left already does not end any more.
    if (answer.closed) return;
    this.open.set(tenant, count + 1);
    answer.once('close', () => this.end(tenant));
    this.endUnread(answer);
  }

  /** The socket's timeout is about either side: a query that has nothing to send yet may go on. */
  private endUnread(answer: FastifyReply['raw']): void {
    answer.setTimeout(this.unreadMs);
    answer.on('timeout', () => {
      if (answer.writableLength > 0) answer.destroy();
      else answer.setTimeout(this.unreadMs);
    });
  }

  private end(tenant: TenantId): void {
    const count = (this.open.get(tenant) ?? 0) - 1;
    if (count > 0) this.open.set(tenant, count);
    else this.open.delete(tenant);
  }

  private refusal(count: number): Problem {
    return new Problem({
      status: 429,
      type: 'too-many-queries',
      title: tooManyTitle,
      detail: `${count} queries of this tenant are open, streams that nobody reads among them`,
      headers: { 'Retry-After': retryAfter },
    });
  }
}

@Injectable()
export class OpenQueriesInterceptor implements NestInterceptor {
  constructor(private readonly queries: OpenQueries) {}

  intercept(context: ExecutionContext, next: CallHandler): ReturnType<NestInterceptor['intercept']> {
    const http = context.switchToHttp();
    this.queries.begin(operatorOf(http.getRequest<object>()).tenant, http.getResponse<FastifyReply>().raw);
    return next.handle();
  }
}

export const tooManyTitle = 'The tenant has as many queries under way as one may have';

const headers = { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } } as const;

/** Of a controller: all of its routes are queries, of which a tenant may have only so many. */
export function LimitedQueries(): ClassDecorator {
  return applyDecorators(
    UseInterceptors(OpenQueriesInterceptor),
    ApiResponse({
      ...{ status: 429, headers },
      description:
        '`too-many-queries`: the tenant has as many queries under way as one may have. Others are not held up.',
    }),
    ApiResponse({
      ...{ status: 503, headers },
      description:
        '`query-connections-busy`: queries of all tenants together have every connection. `temporarily-unavailable`: the database is away.',
    }),
  );
}
