import { Server } from 'node:http';
import { ROOT_CONTEXT, context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

type Emit = (this: Server, event: string, ...args: unknown[]) => boolean;

/** From now on requests of this server have no spans, nor has what their handlers do. */
export function withoutSpans(server: Server): void {
  let original = Reflect.get(Server.prototype, 'emit') as Emit & { readonly __original?: Emit };
  while (original.__original !== undefined) original = original.__original;
  const untraced = suppressTracing(ROOT_CONTEXT);
  const emit: Emit = (event, ...args) => context.with(untraced, () => original.call(server, event, ...args));
  server.emit = emit as Server['emit'];
}
