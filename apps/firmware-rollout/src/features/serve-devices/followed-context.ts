import type { FollowedDevices } from '@myelin/device-identity';
import { myelinAttributes, startRequestSpan } from '@myelin/observability';
import type { HotReply } from '@myelin/service-kit';
import { type Context, TraceFlags } from '@opentelemetry/api';
import type { DdiRoute } from '../../ddi/ddi-route.js';
import type { AdmittedDevice } from './admit-device.js';

export interface FollowableRequest {
  readonly device: AdmittedDevice;
  readonly route: Pick<DdiRoute, 'method'>;
  readonly nowMs: number;
  readonly reply: Pick<HotReply, 'adopt' | 'span' | 'startedAtMs'>;
}

/**
 * Each request of a followed device has a sampled span that names the device, also outside of the sample: then one that is a trace
 * of its own, and what is returned is the context in which the request is to be answered. Undefined = in the one that is active.
 * @param path as declared, with parameters unfilled
 */
export function followedContext(
  followed: Pick<FollowedDevices, 'isFollowed'>,
  path: string,
  { device, route, nowMs, reply }: FollowableRequest,
): Context | undefined {
  if (!followed.isFollowed(device.key, nowMs)) return undefined;
  const { tenant, device: name } = device;
  const attributes = {
    [myelinAttributes.tenant]: tenant,
    [myelinAttributes.device]: name,
    [myelinAttributes.followed]: true,
  };
  const { span, startedAtMs } = reply;
  if (span === undefined || (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0)
    return reply.adopt(startRequestSpan({ method: route.method, route: path, startedAtMs }, attributes));
  span.setAttributes(attributes);
  return undefined;
}
