import type { SeenSpan } from './trace-source.js';

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value?: OtlpValue;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** The part of OTLP's ExportTraceServiceRequest and TracesData, in JSON, that is looked at. */
export interface OtlpTraces {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly OtlpAttribute[] };
    readonly scopeSpans?: readonly {
      readonly scope?: { readonly name?: string };
      readonly spans?: readonly OtlpSpan[];
    }[];
  }[];
}

export function spansFromOtlp({ resourceSpans = [] }: OtlpTraces): SeenSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = attributesOf(resource?.attributes)['service.name'] ?? 'unknown';
    return scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span) => seenSpan(service, scope?.name ?? '', span)),
    );
  });
}

function seenSpan(service: string, scope: string, span: OtlpSpan): SeenSpan {
  const { parentSpanId = '', links = [], name } = span;
  return {
    ...{ service, scope, name, traceId: hexId(span.traceId), spanId: hexId(span.spanId) },
    parentSpanId: /^0*$/.test(parentSpanId) ? undefined : hexId(parentSpanId),
    links: links.map(({ traceId, spanId }) => ({ traceId: hexId(traceId), spanId: hexId(spanId) })),
    attributes: attributesOf(span.attributes),
  };
}

/** OTLP writes ids in hex; Protobuf's own JSON, which some servers speak, in base64. */
function hexId(id: string): string {
  return /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i.test(id) ? id.toLowerCase() : Buffer.from(id, 'base64').toString('hex');
}

function attributesOf(attributes: readonly OtlpAttribute[] = []): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value = {} }) => {
      const { stringValue, intValue, doubleValue, boolValue } = value;
      return [key, String(stringValue ?? intValue ?? doubleValue ?? boolValue ?? '')];
    }),
  );
}
