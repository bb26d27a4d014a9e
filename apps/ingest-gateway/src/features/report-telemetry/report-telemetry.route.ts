import { Problem, problemMediaType } from '@myelin/service-kit';
import { activeTraceId } from '@myelin/observability';
import { type Context, context, trace, TraceFlags } from '@opentelemetry/api';
import type { AuthenticatedDevice } from '@myelin/device-identity';
import type { Clock } from '@myelin/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ReportRates } from '../../domain/report-rates.js';
import type { Admission } from './admission.js';
import { maxBodyBytes } from './body-limits.js';
import { readBody } from './body-reading.js';
import type { BodyEncoding } from './checked-report.js';
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
  readonly encoding: BodyEncoding;
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
    assertJson(headers['content-type']);
    const encoding = encodingOf(headers['content-encoding']);
    if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw refusal('body-too-large');
    request[admitted] = { device, encoding, trace: sampledContext(device) };
    done();
  };
}

function report({ handler, rates, clock, counters }: RouteParts) {
  return (request: ReportRequest, reply: FastifyReply): void => {
    const { device, encoding, trace: sampled } = request[admitted] as Admitted;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    handler.handle({ device, body, encoding, trace: sampled }, (problem, accepted) => {
      if (problem !== undefined) return sendProblem(reply, problem, counters, traceIdOf(sampled));
      void reply
        .code(202)
        .headers(rateHeaders(rates, device, 'device', clock.nowMs()))
        .header('content-type', 'application/json; charset=utf-8')
        .send(`{"accepted":${accepted}}`);
    });
  };
}

const jsonType = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

function assertJson(contentType: string | undefined): void {
  if (contentType === 'application/json' || (contentType !== undefined && jsonType.test(contentType))) return;
  throw refusal('unsupported-media-type', { headers: { accept: 'application/json' } });
}

function encodingOf(contentEncoding: string | undefined): BodyEncoding {
  switch (contentEncoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    default:
      throw refusal('content-encoding-not-supported', { headers: { 'accept-encoding': 'gzip, identity' } }); // RFC 9110, 12.5.3
  }
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
