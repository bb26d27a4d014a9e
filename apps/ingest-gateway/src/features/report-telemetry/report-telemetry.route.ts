import { Problem, problemMediaType } from '@myelin/service-kit';
import { activeTraceId } from '@myelin/observability';
import { type Context, context, trace, TraceFlags } from '@opentelemetry/api';
import type { AuthenticatedDevice } from '@myelin/device-identity';
import {
  type ContentCoding,
  contentCodingOf,
  contentCodings,
  type ReportMediaType,
  reportMediaTypeOf,
  reportMediaTypes,
} from '@myelin/encodings';
import type { Clock } from '@myelin/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ReportRates } from '../../domain/report-rates.js';
import type { Admission } from './admission.js';
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
const admitted = Symbol('admitted');
type ReportRequest = FastifyRequest & { [admitted]?: Admitted };

/** `POST /v1/telemetry` on the raw Fastify instance, with body parsing of its own: bytes stay bytes. */
export function registerReportTelemetry(fastify: FastifyInstance, parts: RouteParts): void {
  void fastify.register((scope, _options, done) => {
    scope.decorateRequest(admitted as unknown as string, undefined);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, parsed) => readBody(payload, parsed));
    scope.setErrorHandler((error, _request, reply) => {
      if (error instanceof Problem) return sendProblem(reply, error, parts.counters, activeTraceId());
      throw error;
    });
    scope.post(reportPath, { onRequest: admit(parts) }, report(parts));
    done();
  });
}

function admit({ admission }: RouteParts) {
  return (request: ReportRequest, _reply: FastifyReply, done: () => void): void => {
    const { headers } = request;
    const device = admission.admit(headers.authorization, request.ip);
    const mediaType = mediaTypeOf(headers['content-type']);
    const coding = codingOf(headers['content-encoding']);
    if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw refusal('body-too-large');
    request[admitted] = { device, mediaType, coding, trace: sampledContext(device) };
    done();
  };
}

function report({ handler, rates, clock, counters }: RouteParts) {
  return (request: ReportRequest, reply: FastifyReply): void => {
    const { device, mediaType, coding, trace: sampled } = request[admitted] as Admitted;
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    handler.handle({ device, body: { bytes, mediaType, coding }, trace: sampled }, (problem, accepted) => {
      if (problem !== undefined) return sendProblem(reply, problem, counters, traceIdOf(sampled));
      void reply
        .code(202)
        .headers(rateHeaders(rates, device, 'device', clock.nowMs()))
        .header('content-type', 'application/json; charset=utf-8')
        .send(`{"accepted":${accepted}}`);
    });
  };
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
  span.setAttributes({ 'myelin.tenant': device.tenant, 'myelin.device': device.device });
  return context.active();
}

function traceIdOf(sampled: Context | undefined): string | undefined {
  return sampled && trace.getSpanContext(sampled)?.traceId;
}

function sendProblem(
  reply: FastifyReply,
  problem: Problem,
  counters: ReportCounters,
  traceId: string | undefined,
): void {
  counters.refused(problem.type);
  void reply
    .code(problem.status)
    .headers(problem.headers)
    .header('content-type', problemMediaType)
    .send(JSON.stringify(problem.document({ instance: reportPath, traceId })));
}
