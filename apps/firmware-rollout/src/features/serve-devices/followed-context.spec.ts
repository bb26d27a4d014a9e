import { expect, test } from '@jest/globals';
import { deviceKey, deviceId, tenantId } from '@myelin/kernel';
import { type Span, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { type FollowableRequest, followedContext } from './followed-context.js';

const device = { kind: 'admitted', tenant: 'acme', device: 'one', key: deviceKey(tenantId('acme'), deviceId('one')) };

/** A request whose span, if any, has these flags; what was adopted, and what was written on its own span. */
function requestWith(traceFlags?: TraceFlags) {
  const adopted: Span[] = [];
  const written: unknown[] = [];
  const bare = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: traceFlags ?? 0 });
  const span = Object.assign(bare, {
    setAttributes: (attributes: unknown) => {
      written.push(attributes);
      return bare;
    },
  });
  const reply: FollowableRequest['reply'] = {
    ...{ startedAtMs: 5, span: traceFlags === undefined ? undefined : span },
    adopt: (own) => {
      adopted.push(own);
      return trace.setSpan(ROOT_CONTEXT, own);
    },
  };
  const request = { device, route: { method: 'GET' }, nowMs: 7, reply } as FollowableRequest;
  return { adopted, written, request };
}

const everybody = { isFollowed: () => true };

test('the request of a device that nobody follows stays as it is, and only the table is asked', () => {
  const asked: unknown[] = [];
  const followed = { isFollowed: (...of: unknown[]) => asked.push(of) < 0 };
  const request = { ...requestWith().request, reply: undefined as unknown as FollowableRequest['reply'] };
  expect(followedContext(followed, '/:tenant', request)).toBeUndefined();
  expect(asked).toEqual([['acme/one', 7]]);
});

test('outside of the sample a followed device has a span of its own, inside of it the one that is there names it', () => {
  for (const flags of [undefined, TraceFlags.NONE]) {
    const { adopted, written, request } = requestWith(flags);
    expect(trace.getSpan(followedContext(everybody, '/:tenant', request) ?? ROOT_CONTEXT)).toBe(adopted[0]);
    expect([adopted.length, written]).toEqual([1, []]);
  }
  const { adopted, written, request } = requestWith(TraceFlags.SAMPLED);
  expect(followedContext(everybody, '/:tenant', request)).toBeUndefined();
  expect(adopted).toEqual([]);
  expect(written).toEqual([{ 'myelin.tenant': 'acme', 'myelin.device': 'one', 'myelin.followed': true }]);
});
