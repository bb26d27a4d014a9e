import type { IncomingMessage } from 'node:http';
import { type HotReply, type HotRoute, Problem, problemMediaType } from '@myelin/service-kit';
import { myelinAttributes, startRequestSpan, traceIdOf } from '@myelin/observability';
import { type Context, context, trace, TraceFlags } from '@opentelemetry/api';
import type { AuthenticatedDevice, FollowedDevices } from '@myelin/device-identity';
import {
  type ContentCoding,
  contentCodingOf,
  contentCodings,
  type ReportMediaType,
  reportMediaTypeOf,
  reportMediaTypes,
} from '@myelin/encodings';
import type { Clock } from '@myelin/kernel';
import type { ReportRates } from '../../domain/report-rates.js';
import type { Admission, Whose } from './admission.js';
import { maxBodyBytes } from './body-limits.js';
import { readBody } from './body-reading.js';
import { rateHeaders } from './rate-headers.js';
import { refusal } from './refusals.js';
import type { ReportCounters } from './report-counters.js';
import type { ReportTelemetryHandler } from './report-telemetry.handler.js';

export interface RouteParts {
  readonly admission: Admission;
  readonly handler: ReportTelemetryHandler;
  readonly rates: ReportRates;
  readonly followed: Pick<FollowedDevices, 'isFollowed'>;
  readonly counters: ReportCounters;
  readonly clock: Clock;
}

export const reportPath = '/v1/telemetry';

/** What the head of a request told, for the handler that sees its body. */
interface Admitted {
  readonly device: AuthenticatedDevice;
  readonly mediaType: ReportMediaType;
  readonly coding: ContentCoding;
  readonly trace: Context | undefined;
}

/** `POST /v1/telemetry` on Node's own server: bytes stay bytes, and a request costs little more than its sockets. */
export function reportTelemetryRoute(parts: RouteParts): HotRoute {
  return {
    method: 'POST',
    path: reportPath,
    handle: (request, reply) => {
      const whose: Whose = (reply.about = {});
      refusing(reply, parts, whose, () => {
        const admitted = admit(parts, request, reply, whose);
        readBody(request, (error, bytes) =>
          refusing(reply, parts, whose, () => {
            if (error !== null) throw error;
            report(parts, admitted, bytes, reply);
          }),
        );
      });
    },
  };
}

function admit(parts: RouteParts, { headers }: IncomingMessage, reply: HotReply, whose: Whose): Admitted {
  const device = parts.admission.admit(headers.authorization, reply, whose);
  const traced = sampledContext(device) ?? followedContext(parts, device, reply);
  const mediaType = mediaTypeOf(headers['content-type']);
  const coding = codingOf(headers['content-encoding']);
  if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw refusal('body-too-large');
  return { device, mediaType, coding, trace: traced };
}

function report(
  parts: RouteParts,
  { device, mediaType, coding, trace: sampled }: Admitted,
  bytes: Buffer,
  reply: HotReply,
): void {
  parts.handler.handle({ device, body: { bytes, mediaType, coding }, trace: sampled }, (problem, accepted) => {
    if (problem !== undefined) return sendProblem(reply, problem, parts.counters, device);
    const { 'ratelimit-policy': policy, ratelimit } = rateHeaders(parts.rates, device, 'device', parts.clock.nowMs());
    const head = ['ratelimit-policy', policy, 'ratelimit', ratelimit];
    reply.send(202, 'application/json; charset=utf-8', `{"accepted":${accepted}}`, head);
  });
}

/** Problems are answered and counted here; anything else is a fault of this service. */
function refusing(reply: HotReply, { counters }: RouteParts, whose: Whose, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) sendProblem(reply, error, counters, whose);
    else reply.fail(error);
  }
}

/** RFC 9110, 12.5.1 and 12.5.3: what an answer with 415 says may be sent instead. */
const accepted = { accept: reportMediaTypes.join(', ') };
const acceptedCodings = { 'accept-encoding': contentCodings.join(', ') };

function mediaTypeOf(contentType: string | undefined): ReportMediaType {
  const mediaType = reportMediaTypeOf(contentType);
  if (mediaType === undefined) throw refusal('unsupported-media-type', { headers: accepted });
  return mediaType;
}

function codingOf(contentEncoding: string | undefined): ContentCoding {
  const coding = contentCodingOf(contentEncoding);
  if (coding === undefined) throw refusal('content-encoding-not-supported', { headers: acceptedCodings });
  return coding;
}

/** The active context when its span is sampled; the device is written on that span. */
function sampledContext(device: AuthenticatedDevice): Context | undefined {
  const span = trace.getActiveSpan();
  if (span === undefined || (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  span.setAttributes({ [myelinAttributes.tenant]: device.tenant, [myelinAttributes.device]: device.device });
  return context.active();
}

/** A followed device has a span for each of its reports, also outside of the sample: a trace of its own. */
function followedContext(
  { followed, clock }: RouteParts,
  { tenant, device, key }: AuthenticatedDevice,
  reply: HotReply,
): Context | undefined {
  if (!followed.isFollowed(key, clock.nowMs())) return undefined;
  const { startedAtMs } = reply;
  const who = { [myelinAttributes.tenant]: tenant, [myelinAttributes.device]: device };
  const request = { method: 'POST', route: reportPath, startedAtMs };
  return reply.adopt(startRequestSpan(request, { ...who, [myelinAttributes.followed]: true }));
}

function sendProblem(reply: HotReply, problem: Problem, counters: ReportCounters, { tenant }: Whose): void {
  counters.refused(problem.type, tenant);
  const { status, type } = problem;
  reply.reason = type;
  reply.span?.setAttribute(myelinAttributes.reason, type);
  const traceId = status < 500 ? reply.traceId : traceIdOf(reply.failedIn(status, type));
  const document = problem.document({ instance: reportPath, traceId });
  reply.send(status, problemMediaType, JSON.stringify(document), Object.entries(problem.headers).flat());
}
