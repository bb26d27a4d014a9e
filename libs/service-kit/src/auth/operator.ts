import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { TenantId } from '@myelin/kernel';
import type { FastifyRequest } from 'fastify';

/** `viewer` < `operator` < `release-manager` < `admin`; `platform-admin` stands apart and contains none of them. */
export type Role = 'viewer' | 'operator' | 'release-manager' | 'admin' | 'platform-admin';

/** Who sent the request, as proven by the token. */
export interface Operator {
  readonly subject: string;
  readonly tenant: TenantId;
  readonly roles: readonly Role[];
}

/** As it stands in events and in what is kept of who did something. */
export function actorOf({ subject }: Pick<Operator, 'subject'>): string {
  return `operator:${subject}`.slice(0, 256);
}

const operators = new WeakMap<object, Operator>();

export function rememberOperator(request: object, operator: Operator): void {
  operators.set(request, operator);
}

/** The operator, as soon as a token has proven one. */
export function knownOperator(request: object): Operator | undefined {
  return operators.get(request);
}

/** The operator of a request that passed the guard. @throws Error on a route without `@Roles` */
export function operatorOf(request: FastifyRequest | object): Operator {
  const operator = operators.get(request);
  if (operator === undefined) throw new Error('this route has no operator: it lacks @Roles');
  return operator;
}

/** Parameter decorator: `@CurrentOperator() operator: Operator`. */
export const CurrentOperator = createParamDecorator((_: unknown, context: ExecutionContext): Operator =>
  operatorOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
