import type { IncomingMessage, Server } from 'node:http';
import { ROOT_CONTEXT, context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { parentIsSampled } from './propagation/trace-propagator.js';

/** Path -> methods. */
const hotRoutes = new Map<string, Set<string>>();
const hotRequests = new Set<(method: string, url: string) => boolean>();
let ratio = 1;
let admitted = false;

/**
 * Names a route that takes so many requests that even an unsampled span costs too much: whether one is sampled is decided before
 * the SDK is called, none goes through the HTTP instrumentation, and who answers the sampled ones makes their spans
 * (`startHotRequest`). All others have none, so no trace id either. `path` without query.
 * Nothing is suppressed below such a request, which would cost as much again: its handler calls no instrumented client.
 */
export function sampleEarly(method: string, path: string): void {
  hotRoutes.set(path, (hotRoutes.get(path) ?? new Set()).add(method));
}

/** As {@link sampleEarly}, where no fixed path tells. Asked of every request: to be quick. */
export function sampleEarlyIf(isHot: (method: string, url: string) => boolean): void {
  hotRequests.add(isHot);
}

function isHot(method: string, url: string): boolean {
  const query = url.indexOf('?');
  const methods = hotRoutes.get(query === -1 ? url : url.slice(0, query));
  if (methods?.has(method) === true) return true;
  for (const asks of hotRequests) if (asks(method, url)) return true;
  return false;
}

/** A request that brings a sampled parent always gets its span, of the others without a parent the share. */
function isSampled({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const { traceparent, 'uber-trace-id': uberTraceId } = headers;
  const sampled = parentIsSampled(traceparent as string | undefined, uberTraceId as string | undefined);
  return sampled ?? Math.random() < ratio;
}

/** Share of the hot requests without a parent that are kept, 0 to 1. */
export function keepOfHotRoutes(share: number): void {
  ratio = share;
}

/** Whether the hot request that has just come is to have a span. True once, and only in the turn in which it came. */
export function takeAdmission(): boolean {
  const taken = admitted;
  admitted = false;
  return taken;
}

type Emit = (this: Server, event: string, ...args: unknown[]) => boolean;

/**
 * Leads hot requests past the HTTP instrumentation: asked through its own ignore hook it still binds every request and response,
 * which costs 12 us of the 30 that a hot route takes; and one request in a hundred that does go through it makes all others dearer
 * by a fifth.
 */
export function leadPastInstrumentation(http: { readonly Server: { readonly prototype: Server } }): void {
  const { prototype } = http.Server;
  const patched = Reflect.get(prototype, 'emit') as Emit & { readonly __original?: Emit; readonly __wrapped?: boolean };
  const original = patched.__original;
  if (original === undefined) return; // not patched: the check at start-up says so
  const untraced = suppressTracing(ROOT_CONTEXT);
  const emit: Emit = function (event, ...args) {
    if (event !== 'request') return patched.call(this, event, ...args);
    const request = args[0] as IncomingMessage;
    if (request.url?.startsWith('/health/')) return context.with(untraced, original, this, event, ...args);
    if (!isHot(request.method ?? '', request.url ?? '')) return patched.call(this, event, ...args);
    admitted = isSampled(request);
    try {
      return original.call(this, event, ...args);
    } finally {
      admitted = false;
    }
  };
  prototype.emit = Object.assign(emit, { __original: patched, __wrapped: patched.__wrapped }) as Server['emit'];
}
