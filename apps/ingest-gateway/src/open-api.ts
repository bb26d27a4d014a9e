import { Measurement, maxMeasurementsPerReport } from '@myelin/contracts';
import { contentCodings, type ReportMediaType } from '@myelin/encodings';
import { problemMediaType } from '@myelin/service-kit';
import { reportPath } from './features/report-telemetry/report-telemetry.route.js';
import { refusals } from './features/report-telemetry/refusals.js';

const problemSchema = {
  type: 'object',
  description: 'RFC 9457. The report is refused whole and nothing of it was written.',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string', format: 'uri', example: 'urn:myelin:problem:ts-too-old' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    traceId: { type: 'string' },
    lifecycle: { type: 'string', description: 'With 403: the state of the life of the device.' },
    errors: {
      type: 'array',
      description: 'The first fault: where (RFC 6901) and what.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string', format: 'json-pointer' }, detail: { type: 'string' } },
      },
    },
  },
};

const rateLimitHeaders = {
  'RateLimit-Policy': {
    description: 'Burst (q) and the seconds in which it is earned again (w), in measurements.',
    schema: { type: 'string', example: '"device";q=100;w=2;qu="measurements"' },
  },
  RateLimit: {
    description: 'What is left (r) and the seconds until the full burst is there again (t).',
    schema: { type: 'string', example: '"device";r=99;t=1' },
  },
};

/** The API for devices as an OpenAPI 3.1 document; refusals are those of `refusals.ts`. */
export function gatewayOpenApi(version: string): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: { title: 'Ingest gateway', version, description: 'Where devices report what they measured.' },
    paths: { [reportPath]: { post: reportOperation() } },
    components: {
      schemas: {
        Measurement: JSON.parse(JSON.stringify(Measurement)) as unknown,
        Problem: problemSchema,
      },
      securitySchemes: {
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'User `<tenant>/<device>` with the device id percent-encoded, password the secret.',
        },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: '<credentialId>.<secret>' },
      },
    },
  };
}

function reportOperation(): Record<string, unknown> {
  return {
    operationId: 'reportTelemetry',
    summary: 'Report one measurement, or up to 1,000',
    description:
      'Answered when the report is written and replicated. A report is taken whole or refused whole. It may be sent ' +
      'again after any failure: a measurement with `boot`, `seq` and `ts` is stored once.',
    security: [{ basic: [] }, { bearer: [] }],
    parameters: [{ name: 'Content-Encoding', in: 'header', schema: { type: 'string', enum: contentCodings } }],
    requestBody: { required: true, content: reportContent() },
    responses: { '202': acceptedResponse(), ...problemResponses() },
  };
}

function reportContent(): Record<ReportMediaType, unknown> {
  const pack = { description: 'RFC 8428. Its values become one measurement for each time.', type: 'array' };
  return {
    'application/json': { schema: reportSchema() },
    'application/cbor': { schema: reportSchema() },
    'application/senml+json': { schema: pack },
    'application/senml+cbor': { schema: pack },
  };
}

function reportSchema(): Record<string, unknown> {
  const measurement = { $ref: '#/components/schemas/Measurement' };
  return {
    description: 'Arrays and positions are named as values and refused until they can be stored.',
    anyOf: [measurement, { type: 'array', items: measurement, minItems: 1, maxItems: maxMeasurementsPerReport }],
  };
}

function acceptedResponse(): Record<string, unknown> {
  const schema = { type: 'object', required: ['accepted'], properties: { accepted: { type: 'integer', minimum: 1 } } };
  return {
    description: 'Written; `accepted` is the number of measurements.',
    headers: rateLimitHeaders,
    content: { 'application/json': { schema } },
  };
}

function problemResponses(): Record<string, unknown> {
  const responses: Record<string, unknown> = {};
  const byStatus = Map.groupBy(Object.entries(refusals), ([, { status }]) => status);
  for (const [status, group] of [...byStatus].sort(([a], [b]) => a - b)) {
    responses[String(status)] = {
      description: group.map(([type, { title }]) => `\`urn:myelin:problem:${type}\`: ${title}.`).join('\n\n'),
      headers: headersOf(status),
      content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return responses;
}

function headersOf(status: number): Record<string, unknown> {
  const retryAfter = { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } };
  if (status === 429) return { ...retryAfter, ...rateLimitHeaders };
  return status === 503 ? retryAfter : {};
}
